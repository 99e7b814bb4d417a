SELECT vin, at, soc_pct, geometry FROM tracks
