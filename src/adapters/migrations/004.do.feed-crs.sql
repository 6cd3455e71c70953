-- What a feed's coordinates are in. Everything behind the intake is WGS-84.
ALTER TABLE feeds ADD COLUMN crs text NOT NULL DEFAULT 'wgs84' CHECK (crs IN ('wgs84', 'gcj02', 'bd09'));
