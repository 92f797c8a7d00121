#ifndef SCAN_CORPUS_H
#define SCAN_CORPUS_H
/*
 * A corpus for the scanner, made of the templates that its rules have for
 * examples and of a list of what is no secret: each in the files that
 * configuration is written in.
 *
 *	scan_corpus_positives(&rules, set, 1);
 *	scan_corpus_negatives(set, 1);
 */

#include <stdint.h>

struct gv_rules;
struct gv_ruleset;

/* Put the secret of each positive example into each carrier and print how many
 * are found, a line each rule: its id, its way, found, all. */
void scan_corpus_positives(
    const struct gv_rules *rules, struct gv_ruleset *set, uint64_t seed);

/* The same for what is no secret: its name and kind, how many were taken for
 * likely or more, for possible, all. */
void scan_corpus_negatives(struct gv_ruleset *set, uint64_t seed);

#endif
