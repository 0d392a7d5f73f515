# Two images from one build; docker-compose.yml puts them together.
#
#   glennline   the program alone, static, in an otherwise empty image
#   asterisk    Debian's Asterisk, run by `glennline pbx run`
#
# The bases are arguments: pin them by digest, or name those of a registry of your
# own. Any base of ASTERISK_BASE does whose apt-get has an asterisk of version 20
# or newer; that of Debian's stable releases has none.
ARG GO_BASE=golang:1.26-trixie
ARG ASTERISK_BASE=debian:sid-slim

FROM ${GO_BASE} AS build
# Where Go's modules come from, if not from where Go looks by itself.
ARG GOPROXY
ARG GOSUMDB
ARG VERSION=dev
ARG UID=5060
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/cache/modules GOMODCACHE=/cache/modules go mod download
COPY . .
# Static, so that it needs nothing of an image; SQLite is C, hence the linker's flags.
# Time zones and the look-up of names and users are Go's own for the same reason.
RUN --mount=type=cache,target=/cache/modules --mount=type=cache,target=/cache/build \
    CGO_ENABLED=1 GOMODCACHE=/cache/modules GOCACHE=/cache/build GOFLAGS=-buildvcs=false \
    go build -trimpath -tags netgo,osusergo,timetzdata,sqlite_omit_load_extension \
      -ldflags "-s -w -X main.version=${VERSION} -linkmode external -extldflags -static" \
      -o /image/usr/bin/glennline ./cmd/glennline
# One user in both images, because what Asterisk records is for its owner alone. A
# volume that is new takes owner and mode from the folder that it is mounted on.
RUN mkdir -p /image/etc /image/tmp \
 && echo "glennline:x:${UID}:${UID}:glennline:/var/lib/glennline:/sbin/nologin" >/image/etc/passwd \
 && echo "glennline:x:${UID}:" >/image/etc/group \
 && chmod 1777 /image/tmp \
 && install -d -m 0700 -o "${UID}" -g "${UID}" /image/var/lib/glennline /image/var/lib/glennline/asterisk \
 && install -d -m 0755 -o "${UID}" -g "${UID}" /image/var/lib/glennline/prompts

FROM ${ASTERISK_BASE} AS asterisk
ARG UID=5060
# Packages that a package merely recommends are left out, and so are the sounds.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends asterisk asterisk-modules \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /etc/asterisk \
 && groupadd --gid "${UID}" glennline \
 && useradd --uid "${UID}" --gid "${UID}" --no-create-home --home-dir /var/lib/glennline --shell /usr/sbin/nologin glennline
COPY --from=build /image/usr/bin/glennline /usr/bin/glennline
COPY --from=build /image/var/lib/glennline /var/lib/glennline
ENV GLENNLINE_DATA=/var/lib/glennline
USER ${UID}:${UID}
ENTRYPOINT ["/usr/bin/glennline"]
CMD ["pbx", "run"]

FROM scratch AS glennline
ARG UID=5060
COPY --from=build /image /
ENV GLENNLINE_DATA=/var/lib/glennline PATH=/usr/bin
USER ${UID}:${UID}
ENTRYPOINT ["/usr/bin/glennline"]
CMD ["serve", "--pbx"]
