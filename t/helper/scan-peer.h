#ifndef SCAN_PEER_H
#define SCAN_PEER_H
/*
 * What ours is measured against: the design of the scanners that are known
 * best. All keywords are looked for by one Aho-Corasick automaton; of each rule
 * one of whose keywords stands in a file, the pattern is looked for in all of
 * that file by RE2. It judges no value and tells no lines, so it does less.
 *
 *	r = scan_peer_new(&peer, rules, n);
 *	found += scan_peer_run(peer, text, len);
 *	scan_peer_free(peer);
 */

#include <stddef.h>

struct gv_rule;
struct scan_peer;

/* Build one, its patterns compiled at their first use. 0 or GV_ENOMEM. */
int
scan_peer_new(struct scan_peer **out, const struct gv_rule *rules, size_t n);

/* How many matches of all rules there are in a text. */
size_t scan_peer_run(struct scan_peer *peer, const char *text, size_t len);

/* Free; NULL-safe. */
void scan_peer_free(struct scan_peer *peer);

#endif
