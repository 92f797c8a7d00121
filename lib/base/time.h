#ifndef GV_TIME_H
#define GV_TIME_H
/*
 * Points in time as seconds since 1970 UTC, to text and back. Knows no clock
 * and no time zone of the machine.
 *
 *	gv_time_rfc3339(text, t);	"2026-11-20T07:12:44Z"
 *	gv_time_compact(text, t);	"20261120T071244Z"
 */

#include <stddef.h>
#include <stdint.h>

struct gv_buf;

#define GV_TIME_MAX 64

/* Write the UTC time as RFC 3339 to `out` (GV_TIME_MAX bytes). */
void gv_time_rfc3339(char *out, int64_t seconds);

/* Write the UTC time as in a snapshot's id (ISO 8601 basic format). */
void gv_time_compact(char *out, int64_t seconds);

/* Read the compact form from the first 16 bytes of `text`. 0, or GV_ERROR
 * without a message where it is not of that form. */
int gv_time_parse_compact(int64_t *seconds, const char *text);

/* Read a time as RFC 3339 has it, with any offset; what is less than a second
 * is dropped. 0, or GV_ERROR without a message where it is not of that form. */
int gv_time_parse_rfc3339(int64_t *seconds, const char *text);

/* The date of a point in time, in the proleptic Gregorian calendar. */
void gv_time_date(int64_t *year, int *month, int *day, int64_t seconds);

/* The time N months, and then N days, before another: the same
 * time of day, and the last day of the month where it has no such day. */
int64_t gv_time_back(int64_t seconds, int64_t months, int64_t days);

/* Read a length of time: a number and a unit, s, m, h, d or w (none: s), and
 * more of them ("90", "10m", "1h30m"), into seconds, at least 1. 0, or
 * GV_ERROR without a message where it is not of that form. */
int gv_time_parse_span(int64_t *seconds, const char *text);

/* Write how long before `now` this was, as Git's relative dates do
 * ("3 hours ago", "in the future"); GV_TIME_MAX bytes. */
void gv_time_relative(char *out, int64_t seconds, int64_t now);

/* The same, appended. */
void gv_time_add_relative(struct gv_buf *out, int64_t seconds, int64_t now);

#endif
