#ifndef GV_VOUCH_H
#define GV_VOUCH_H
/*
 * Whether anybody vouches for a snapshot: this clone, which took it, or a
 * known-good record that counts. Any other is what somebody pushed, whatever it
 * says of its author and its date; only a person who typed its id has chosen
 * it.
 *
 *	r = gv_vouch_has(&is_vouched, repo, &rec);
 *	if (r == 0 && !is_vouched && !gv_vouch_is_typed(&rec, text))
 *		… refuse …
 */

#include <stdbool.h>

struct gv_record;
struct gv_repo;

/* 0 with *out set; as gv_own_took() and gv_goods_load(). */
int gv_vouch_has(bool *out, struct gv_repo *repo, const struct gv_record *rec);

/* Whether `text` (may be NULL) is the snapshot's id, or what is short for it.
 */
bool gv_vouch_is_typed(const struct gv_record *rec, const char *text);

#endif
