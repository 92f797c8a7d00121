/*
 * Any bytes as a file of a time zone: refused, or clocks that are at most a day
 * and a bit from UTC at any time, and local times that lead back.
 */
#include "fuzz.h"

#include "base/zone.h"

#define MOST ((int64_t)26 * 60 * 60)

static void
look(const struct gv_zone *zone, int64_t t)
{
	int64_t first, last;
	const int32_t offset = gv_zone_offset(zone, t);

	must(offset <= MOST && offset >= -MOST);
	gv_zone_to_utc(&first, &last, zone, t + offset);
	must(first <= last);
	must(first >= t - 2 * MOST && last <= t + 2 * MOST);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct gv_zone zone;
	const int64_t month = (int64_t)30 * 24 * 60 * 60;
	size_t i;

	if (gv_zone_read(&zone, data, len) < 0)
		return 0;
	for (i = 0; i < zone.n && i < 50; i++)
		if (zone.at[i] > -1000000 * month &&
		    zone.at[i] < 1000000 * month)
			look(&zone, zone.at[i]);
	for (i = 0; i < 24; i++)
		look(&zone, (int64_t)i * month + 1795000000);
	return 0;
}
