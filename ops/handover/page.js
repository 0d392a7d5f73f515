'use strict';
(function () {
  const data = JSON.parse(document.getElementById('data').textContent);
  const part = function (id) { return document.getElementById(id); };
  const gap = 900; // milliseconds between two voices, in which a screen reader can say the number
  const audio = part('audio');
  let language = 'fr';
  let index = 0;      // of the voice that is meant, from 0
  let loaded = -1;    // of the voice that the element has
  let wanted = false; // to be heard
  let waiting = 0;    // timer of the next voice
  let trouble = 0;    // number of a voice that could not be played, 0 for none
  let ended = false;

  function word(name, n) {
    return data.words[language][name].replace('{n}', number(n)).replace('{total}', number(data.voices));
  }

  function number(n) {
    return (n || 0).toLocaleString({ fr: 'fr-BE', nl: 'nl-BE', de: 'de-BE', en: 'en-GB' }[language]);
  }

  function remembered() {
    try { return window.localStorage.getItem('glennline.language'); } catch (e) { return null; } // a browser may refuse for files
  }

  function remember(name) {
    try { window.localStorage.setItem('glennline.language', name); } catch (e) { /* then not */ }
  }

  function preferred() {
    const wishes = [remembered()].concat(navigator.languages || [navigator.language]);
    for (const wish of wishes) {
      const name = String(wish || '').slice(0, 2).toLowerCase();
      if (Object.prototype.hasOwnProperty.call(data.words, name)) { return name; }
    }
    return 'en';
  }

  function speak(name) {
    language = name;
    document.documentElement.lang = name;
    document.title = word('title');
    document.querySelectorAll('[data-word]').forEach(function (e) { e.textContent = word(e.dataset.word, index + 1); });
    document.querySelectorAll('[data-label]').forEach(function (e) { e.setAttribute('aria-label', word(e.dataset.label)); });
    document.querySelectorAll('[data-number]').forEach(function (e) { e.textContent = number(Number(e.dataset.number)); });
    document.querySelectorAll('[data-sentence]').forEach(function (e) { e.textContent = data.sentences[name]; });
    document.querySelectorAll('[data-language]').forEach(function (e) {
      e.setAttribute('aria-pressed', String(e.dataset.language === name));
    });
    if (audio) { show(); }
  }

  document.querySelectorAll('[data-language]').forEach(function (e) {
    e.addEventListener('click', function () { remember(e.dataset.language); speak(e.dataset.language); });
  });

  // What is on the screen.
  function show() {
    part('now').textContent = word('now', index + 1);
    part('play-word').textContent = word(wanted ? 'pause' : 'play');
    part('play').classList.toggle('playing', wanted);
    part('trouble').textContent = trouble ? word('broken', trouble) : ended ? word('ended') : '';
    const position = part('position');
    position.value = String(index + 1);
    position.setAttribute('aria-valuetext', word('now', index + 1));
    part('previous').setAttribute('aria-disabled', String(index === 0));
    part('next').setAttribute('aria-disabled', String(index === data.voices - 1));
  }

  // What a screen reader says.
  function say(text) { part('live').textContent = text; }

  function source(i) { return 'voices/' + String(i + 1).padStart(data.digits, '0') + '.wav'; }

  function rewind() { part('course').style.width = '0'; }

  // listen plays the voice that is meant, from where it was paused.
  function listen() {
    wanted = true;
    ended = false;
    if (loaded !== index) {
      loaded = index;
      rewind();
      audio.src = source(index);
    }
    const started = audio.play();
    if (started) {
      started.catch(function (e) {
        if (e.name === 'NotAllowedError') { wanted = false; show(); } // the browser wants a key or a click first
      });
    }
    show();
  }

  function pause() {
    wanted = false;
    window.clearTimeout(waiting);
    audio.pause();
    show();
    say(word('paused') + '. ' + word('now', index + 1));
  }

  function toggle() {
    if (wanted) { pause(); return; }
    if (ended) { index = 0; loaded = -1; }
    trouble = 0;
    listen();
    say(word('now', index + 1));
  }

  // go is what a person does; it begins at once if voices are being heard.
  function go(to) {
    to = Math.max(0, Math.min(data.voices - 1, to));
    window.clearTimeout(waiting);
    trouble = 0;
    ended = false;
    audio.pause();
    loaded = -1;
    index = to;
    rewind();
    say(word('now', index + 1));
    if (wanted) { listen(); } else { show(); }
  }

  // proceed is what happens by itself after a voice.
  function proceed(after) {
    if (index + 1 >= data.voices) {
      wanted = false;
      ended = true;
      loaded = -1;
      show();
      say((trouble ? word('broken', trouble) + ' ' : '') + word('ended'));
      return;
    }
    const before = trouble;
    index += 1;
    rewind();
    show();
    say((before ? word('broken', before) + ' ' : '') + word('now', index + 1));
    waiting = window.setTimeout(listen, after);
  }

  if (audio) {
    audio.addEventListener('ended', function () {
      if (!wanted) { return; }
      trouble = 0;
      proceed(gap);
    });
    audio.addEventListener('error', function () {
      if (!wanted || loaded !== index) { return; }
      trouble = index + 1;
      proceed(2 * gap); // so that it can be read
    });
    audio.addEventListener('timeupdate', function () {
      if (audio.duration > 0) { part('course').style.width = 100 * audio.currentTime / audio.duration + '%'; }
    });
    part('play').addEventListener('click', toggle);
    part('previous').addEventListener('click', function () { go(index - 1); });
    part('next').addEventListener('click', function () { go(index + 1); });
    part('position').addEventListener('input', function (e) { go(Number(e.target.value) - 1); });
    document.addEventListener('keydown', function (e) {
      if (e.altKey || e.ctrlKey || e.metaKey || e.defaultPrevented) { return; }
      const on = e.target.closest ? e.target.closest('button, a, input') : null;
      const slider = on === part('position');
      const does = {
        ' ': toggle,
        'Enter': toggle,
        'ArrowLeft': function () { go(index - 1); },
        'ArrowRight': function () { go(index + 1); },
        'Home': function () { go(0); },
        'End': function () { go(data.voices - 1); },
      }[e.key];
      // A button and a link have a meaning of their own for space and Enter, and the slider for the other keys.
      if (!does || (does === toggle ? on && !slider : slider)) { return; }
      e.preventDefault();
      if (does !== toggle || !e.repeat) { does(); }
    });
  }
  speak(preferred());
})();
