#ifndef GV_RECORD_TIME_H
#define GV_RECORD_TIME_H
/*
 * Times that a user types: a duration before now, or a date.
 *
 *	r = gv_record_time(&t, "2 days ago");
 */

#include <stdint.h>

/* The time that a text means: a duration before now, or a date in any form that
 * git reads. 0; GV_EREFUSED if git cannot read it; as gv_policy_ago(). */
int gv_record_time(int64_t *out, const char *text);

/* The same of one from which on something is wanted: GV_EREFUSED also where it
 * is yet to come. */
int gv_record_since(int64_t *out, const char *text);

#endif
