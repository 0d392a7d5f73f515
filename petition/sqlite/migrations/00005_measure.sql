-- +goose Up

ALTER TABLE voices ADD COLUMN measure_version INTEGER NOT NULL DEFAULT 0; -- of how it was measured; 0 before it was kept
ALTER TABLE voices ADD COLUMN unclear_seconds REAL;  -- what may be a person: whispers, breath; NULL where it was not measured
ALTER TABLE voices ADD COLUMN noise_dbfs REAL;       -- RMS of the quietest tenth; NULL as above
ALTER TABLE voices ADD COLUMN hum_dbfs REAL;         -- RMS of what is steady at 50 to 150 Hz; NULL as above
ALTER TABLE voices ADD COLUMN tone_seconds REAL;     -- pure tones: keys, ring-back, beeps; NULL as above
