-- How many people enter each station in each hour? The file has no header: column_1 is the station,
-- column_2 the slot of five minutes since midnight (0 to 287), column_3 how many entered in it.
WITH counts AS (
    SELECT
        -- A stray space would make two stations of one.
        TRIM(column_1) AS station,
        column_2 / 12 AS hour,
        column_3 AS entries
    FROM five_minutes
)

SELECT station, hour, SUM(entries) AS entries
FROM counts
GROUP BY station, hour
ORDER BY station, hour
