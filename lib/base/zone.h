#ifndef GV_ZONE_H
#define GV_ZONE_H
/*
 * A time zone: how far its clocks are from UTC at any time. It is read from the
 * bytes of a file of the time zone database (RFC 9636); which file, and where
 * it is, is for sys/zonefile.h.
 *
 *	r = gv_zone_read(&zone, bytes, len);
 *	local = utc + gv_zone_offset(&zone, utc);
 *	gv_zone_to_utc(&first, &last, &zone, local);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_ZONE_CHANGES 1500 /* that one zone may have */

/* The day of a year on which clocks change. */
struct gv_zone_day {
	char kind;            /* 'M', 'J' or 'N', as POSIX has them */
	int month, week, day; /* M: 1-12, 1-5 (the last), 0-6; else the day */
	int32_t time;         /* seconds after midnight */
};

/* What holds after the last change, as the variable TZ says it. */
struct gv_zone_rule {
	bool is_set, has_summer;
	int32_t standard, summer; /* seconds east of UTC */
	struct gv_zone_day begin, end;
};

struct gv_zone {
	size_t n;
	int64_t at[GV_ZONE_CHANGES];     /* in UTC, rising */
	int32_t offset[GV_ZONE_CHANGES]; /* from then on */
	int32_t first;                   /* before the first one */
	struct gv_zone_rule rule;
};

/* Whether it can be the name of a zone: letters, digits, '_', '+' and '-', in
 * parts between '/' that begin with a letter. */
bool gv_zone_is_name(const char *name);

/* One whose clocks never change. */
void gv_zone_fixed(struct gv_zone *out, int32_t seconds);

/* Read a file's bytes. 0, or GV_EREFUSED without a message where they are no
 * such file. */
int gv_zone_read(struct gv_zone *out, const void *data, size_t len);

/* Seconds to add to UTC at a time of UTC. */
int32_t gv_zone_offset(const struct gv_zone *zone, int64_t utc);

/* The first and the last time at which clocks there show `local`: both are the
 * same but where clocks are set back. A time that they skip is taken by the
 * offset before it and by the one after it. */
void gv_zone_to_utc(
    int64_t *first, int64_t *last, const struct gv_zone *zone, int64_t local);

#endif
