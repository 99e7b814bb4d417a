-- How near is public transport? Bus stops and metro stations by district of Hong Kong and Shanghai,
-- and a day's metro entries where a city publishes them.
WITH
-- The outlines of both cities come in GCJ-02, the shifted coordinates of Mainland map services.
-- From here on everything is WGS84.
outlines AS (
    SELECT adcode, to_wgs84(geometry) AS geometry FROM hk_districts
    UNION ALL
    SELECT adcode, to_wgs84(geometry) AS geometry FROM sh_districts
),

residents AS (
    SELECT adcode, population_2021_census AS population FROM hk_population
    UNION ALL
    SELECT adcode, resident_population_2020_census AS population FROM sh_population
),

-- Hong Kong's source lists the exits of a station; the station stands at the middle of them.
hk_stations AS (
    SELECT point_wgs84(AVG("Longitude"), AVG("Latitude")) AS place
    FROM hk_metro_exits
    GROUP BY "Station_ENG"
),

day_of_entries AS (
    SELECT station, SUM(entries) AS entries FROM sh_metro_entries GROUP BY station
),

-- Entries at a station that the station list does not know have no place, but they did happen.
sh_stations AS (
    SELECT
        CASE WHEN stations."ST_NAME" IS NULL THEN 0 ELSE 1 END AS stations,
        day_of_entries.entries,
        to_wgs84(stations.geometry) AS place
    FROM sh_metro_stations AS stations
    FULL JOIN day_of_entries ON day_of_entries.station = stations."ST_NAME"
),

-- Everything that has a place, under one roof. What lies in no district is counted under the code of its city.
things AS (
    SELECT 1 AS stops, 0 AS stations, 0 AS entries, 810000 AS otherwise, to_wgs84(geometry) AS place FROM hk_bus_stops
    UNION ALL
    SELECT 1 AS stops, 0 AS stations, 0 AS entries, 310000 AS otherwise, to_wgs84(geometry) AS place FROM sh_bus_stops
    UNION ALL
    SELECT 0 AS stops, 1 AS stations, 0 AS entries, 810000 AS otherwise, place FROM hk_stations
    UNION ALL
    SELECT 0 AS stops, stations, COALESCE(entries, 0) AS entries, 310000 AS otherwise, place FROM sh_stations
),

counted AS (
    SELECT
        COALESCE(outlines.adcode, things.otherwise) AS adcode,
        SUM(things.stops) AS bus_stops,
        SUM(things.stations) AS metro_stations,
        SUM(things.entries) AS metro_entries
    FROM things
    LEFT JOIN outlines ON ST_Contains(outlines.geometry, things.place)
    GROUP BY COALESCE(outlines.adcode, things.otherwise)
),

places AS (
    SELECT adcode, city, district, district_zh_hant, district_zh_hans FROM district_names
    UNION ALL
    SELECT
        adcode,
        CASE adcode WHEN 810000 THEN 'hong-kong' ELSE 'shanghai' END,
        'No known district',
        '未能確定地區',
        '未能确定所在区'
    FROM counted
    WHERE adcode IN (810000, 310000)
),

-- Districts without a stop or a station stay, with a zero.
measured AS (
    SELECT
        places.*,
        residents.population,
        area_m2(outlines.geometry) / 1e6 AS area_km2,
        COALESCE(counted.bus_stops, 0) AS bus_stops,
        COALESCE(counted.metro_stations, 0) AS metro_stations,
        CASE places.city WHEN 'shanghai' THEN COALESCE(counted.metro_entries, 0) END AS metro_entries,
        outlines.geometry
    FROM places
    LEFT JOIN outlines ON outlines.adcode = places.adcode
    LEFT JOIN residents ON residents.adcode = places.adcode
    LEFT JOIN counted ON counted.adcode = places.adcode
)

SELECT
    city,
    district,
    district_zh_hant,
    district_zh_hans,
    adcode,
    population,
    area_km2,
    bus_stops,
    bus_stops / area_km2 AS bus_stops_per_km2,
    bus_stops * 10000.0 / population AS bus_stops_per_10k,
    metro_stations,
    metro_entries,
    geometry
FROM measured
ORDER BY city, adcode
