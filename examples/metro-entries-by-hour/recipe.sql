-- How many people enter each station in each hour? The file has no header: column_1 is the station,
-- column_2 the slot of five minutes since midnight (0 to 287), column_3 how many entered in it.
SELECT
    column_1 AS station,
    column_2 / 12 AS hour,
    SUM(column_3) AS entries
FROM five_minutes
GROUP BY column_1, column_2 / 12
ORDER BY station, hour
