#ifndef SCAN_STORM_H
#define SCAN_STORM_H
/*
 * Hostile texts for each rule, made of its own anchors and examples, and how
 * long a scan of them takes: a time that grows faster than the text is a hole
 * through which one file stops everything.
 *
 *	r = scan_storm(&rules, set, 40, NULL);
 */

#include <stddef.h>

struct gv_rules;
struct gv_ruleset;

/* Of every `step`-th rule, or of the one of that id (or NULL), print a line
 * each text: the id, the kind of text, milliseconds of processor time for one
 * megabyte and for four (the least of several, the more the odder they look),
 * and how many findings four had. 0, or what a scan returned. */
int scan_storm(const struct gv_rules *rules, struct gv_ruleset *set,
    size_t step, const char *id);

#endif
