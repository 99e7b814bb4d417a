-- Where can an electric car be charged? Charging sites by district of Hong Kong and Shanghai,
-- for the ground a district covers and for the people who live there.
WITH
-- The outlines of both cities come in GCJ-02, the shifted coordinates of Mainland map services.
-- From here on everything is WGS84.
outlines AS (
    SELECT 'hong-kong' AS city, adcode, to_wgs84(geometry) AS geometry FROM hk_districts
    UNION ALL
    SELECT 'shanghai' AS city, adcode, to_wgs84(geometry) AS geometry FROM sh_districts
),

residents AS (
    SELECT adcode, population_2021_census AS population FROM hk_population
    UNION ALL
    SELECT adcode, resident_population_2020_census AS population FROM sh_population
),

-- Hong Kong's source lists sites one by one; a site that lies in no district is not dropped but counted under 810000.
-- Shanghai's source counts sites in cells of 0.01 degree: a cell belongs to the district in which its own point lies.
-- Such a grid may cover the whole country, Hong Kong too: cells outside Shanghai are elsewhere, not lost.
sites AS (
    SELECT 'hong-kong' AS city, 1 AS sites, 810000 AS otherwise, to_wgs84(geometry) AS place FROM hk_chargers
    UNION ALL
    SELECT 'shanghai' AS city, count AS sites, NULL AS otherwise, to_wgs84(geometry) AS place FROM sh_charging_grid
),

counted AS (
    SELECT COALESCE(outlines.adcode, sites.otherwise) AS adcode, SUM(sites.sites) AS chargers
    FROM sites
    LEFT JOIN outlines ON outlines.city = sites.city AND ST_Contains(outlines.geometry, sites.place)
    GROUP BY COALESCE(outlines.adcode, sites.otherwise)
),

places AS (
    SELECT adcode, city, district, district_zh_hant, district_zh_hans FROM district_names
    UNION ALL
    SELECT 810000, 'hong-kong', 'Outside every district', '不在任何一區', '不在任何一区'
    FROM counted
    WHERE adcode = 810000
),

-- Districts without a single site stay, with a zero.
measured AS (
    SELECT
        places.*,
        residents.population,
        COALESCE(counted.chargers, 0) AS chargers,
        area_m2(outlines.geometry) / 1e6 AS area_km2,
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
    chargers,
    chargers / area_km2 AS chargers_per_km2,
    chargers * 10000.0 / population AS chargers_per_10k,
    geometry
FROM measured
ORDER BY city, adcode
