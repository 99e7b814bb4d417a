-- Air and weather, day by day: one row for a city, a day and a measure.
-- An index of health risk and a mass of particles are never added, averaged or compared: each keeps its own rows and unit.
WITH
-- The highest hour at any of the 18 stations. GREATEST passes over a station without a value.
hk_air AS (
    SELECT
        "Date" AS date,
        GREATEST(
            MAX("Central/Western"), MAX("Southern"), MAX("Eastern"),
            MAX("Kwun Tong"), MAX("Sham Shui Po"), MAX("Kwai Chung"),
            MAX("Tsuen Wan"), MAX("Tseung Kwan O"), MAX("Yuen Long"),
            MAX("Tuen Mun"), MAX("Tung Chung"), MAX("Tai Po"),
            MAX("Sha Tin"), MAX("North"), MAX("Tap Mun"),
            MAX("Causeway Bay"), MAX("Central"), MAX("Mong Kok")
        ) AS value,
        COUNT("Central/Western") + COUNT("Southern") + COUNT("Eastern")
        + COUNT("Kwun Tong") + COUNT("Sham Shui Po") + COUNT("Kwai Chung")
        + COUNT("Tsuen Wan") + COUNT("Tseung Kwan O") + COUNT("Yuen Long")
        + COUNT("Tuen Mun") + COUNT("Tung Chung") + COUNT("Tai Po")
        + COUNT("Sha Tin") + COUNT("North") + COUNT("Tap Mun")
        + COUNT("Causeway Bay") + COUNT("Central") + COUNT("Mong Kok")
            AS readings
    FROM hk_aqhi
    GROUP BY "Date"
),

hk_weather AS (
    SELECT
        "年/Year" AS year,
        "月/Month" AS month,
        "日/Day" AS day,
        'Temperature' AS measure,
        "數值/Value" AS value
    FROM hk_temperature
    UNION ALL
    -- A trace is less than 0.05 mm: 0.0 at the precision of the series.
    SELECT
        "年/Year" AS year,
        "月/Month" AS month,
        "日/Day" AS day,
        'Rainfall' AS measure,
        CASE "數值/Value_flag" WHEN 'Trace' THEN 0.0 ELSE "數值/Value" END AS value
    FROM hk_rainfall
),

-- Three posts stand side by side in the file; an hour counts as the mean of the posts that reported.
sh_posts AS (
    SELECT year, month, day, hour, "PM_Jingan" AS value FROM sh_pm25
    UNION ALL
    SELECT year, month, day, hour, "PM_US Post" AS value FROM sh_pm25
    UNION ALL
    SELECT year, month, day, hour, "PM_Xuhui" AS value FROM sh_pm25
),

sh_hours AS (
    SELECT make_date(year, month, day) AS date, hour, AVG(value) AS value, COUNT(value) AS readings
    FROM sh_posts
    GROUP BY year, month, day, hour
),

sh_air AS (
    SELECT date, AVG(value) AS value, SUM(readings) AS readings FROM sh_hours GROUP BY date
),

sh_weather AS (
    SELECT make_date(year, month, day) AS date, AVG("TEMP") AS value, COUNT("TEMP") AS readings
    FROM sh_pm25
    GROUP BY year, month, day
),

-- Weather is kept for the days whose air is known. The days are compared part by part: the Observatory's series holds
-- a 29 February 1900, a day that never was and that no date can be made of.
days AS (
    SELECT 'hong-kong' AS city, date, 'AQHI' AS measure, value, readings FROM hk_air
    UNION ALL
    SELECT
        'hong-kong' AS city,
        hk_air.date,
        hk_weather.measure,
        hk_weather.value,
        CASE WHEN hk_weather.value IS NULL THEN 0 ELSE 1 END AS readings
    FROM hk_air
    JOIN hk_weather
        ON hk_weather.year = EXTRACT(YEAR FROM hk_air.date)
        AND hk_weather.month = EXTRACT(MONTH FROM hk_air.date)
        AND hk_weather.day = EXTRACT(DAY FROM hk_air.date)
    UNION ALL
    SELECT 'shanghai' AS city, date, 'PM2.5' AS measure, value, readings FROM sh_air
    UNION ALL
    SELECT 'shanghai' AS city, date, 'Temperature' AS measure, value, readings FROM sh_weather
),

names AS (
    SELECT *
    FROM (
        VALUES
        ('AQHI', '空氣質素健康指數', '空气质量健康指数', 'index'),
        ('PM2.5', '微細懸浮粒子（PM2.5）', '细颗粒物（PM2.5）', 'ug/m3'),
        ('Temperature', '氣溫', '气温', 'degC'),
        ('Rainfall', '雨量', '降雨量', 'mm')
    ) AS names (measure, measure_zh_hant, measure_zh_hans, unit)
)

SELECT
    days.city,
    days.date,
    days.measure,
    names.measure_zh_hant,
    names.measure_zh_hans,
    names.unit,
    CAST(days.value AS DOUBLE) AS value,
    days.readings
FROM days
JOIN names ON names.measure = days.measure
ORDER BY days.city, days.measure, days.date
