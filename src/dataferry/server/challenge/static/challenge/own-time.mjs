// Deadlines stand in the division's zone, as the server wrote them. Where the visitor's zone has another time at that
// instant, it is added below; the words come from the page.
const page = document.documentElement.lang || "en";
const shown = new Intl.DateTimeFormat(page, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" });

function minutesEast(instant) {
  return -instant.getTimezoneOffset();
}

for (const time of document.querySelectorAll("time[data-own-time]")) {
  const instant = new Date(time.dateTime);
  // The instant carries the offset in which the server tells it.
  const offset = /([+-])(\d\d):(\d\d)$/.exec(time.dateTime);
  const there = offset ? (offset[1] === "-" ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) : 0;
  if (Number.isNaN(instant.getTime()) || there === minutesEast(instant)) continue;
  const own = document.createElement("span");
  own.className = "time-own";
  own.textContent = ` ${time.dataset.ownTime.replace("{time}", shown.format(instant))}`;
  time.append(own);
}
