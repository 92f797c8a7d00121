#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "config/policy.h"

#define LEAST        ((uint64_t)1 << 20)
#define MOST_PERCENT 90

static const struct {
	const char *name;
	unsigned bits;
} units[] = { { "KiB", 10 }, { "MiB", 20 }, { "GiB", 30 }, { "TiB", 40 } };

static int
read_bytes(uint64_t *out, uint64_t n, const char *unit)
{
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(unit, units[i].name) == 0)
			break;
	if (i == sizeof(units) / sizeof(units[0]) ||
	    n > UINT64_MAX >> units[i].bits)
		return GV_EREFUSED;
	*out = n << units[i].bits;
	return *out < LEAST ? GV_EREFUSED : 0;
}

int
gv_policy_room_parse(struct gv_policy_room *out, const char *text)
{
	const size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits;
	uint64_t n;

	memset(out, 0, sizeof(*out));
	/* as many as no number of bytes overflows by */
	if (digits == 0 || digits > 15)
		return GV_EREFUSED;
	n = strtoull(text, NULL, 10);
	unit += *unit == ' ';
	if (strcmp(unit, "%") != 0)
		return read_bytes(&out->bytes, n, unit);
	if (n == 0 || n > MOST_PERCENT)
		return GV_EREFUSED;
	out->percent = (unsigned)n;
	return 0;
}

struct gv_policy_room
gv_policy_room_most(
    const struct gv_policy_room *a, const struct gv_policy_room *b)
{
	static const struct gv_policy_room any = { 0, 0 };

	if (a->bytes && b->bytes)
		return a->bytes > b->bytes ? *a : *b;
	if (a->percent && b->percent)
		return a->percent > b->percent ? *a : *b;
	return any;
}

uint64_t
gv_policy_room_bytes(const struct gv_policy_room *room, uint64_t disk)
{
	return room->percent ? disk / 100 * room->percent : room->bytes;
}
