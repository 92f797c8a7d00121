#ifndef GV_TRACK_PATCH_H
#define GV_TRACK_PATCH_H
/*
 * What values of a state were and are, for somebody to read: each attribute as
 * far into it as it differs, and none that is sensitive. That is what the tool
 * says is, and what it comes to elsewhere, too: a text in which such a value
 * stands, in any form that needle.h knows; and what the rules of the scanner
 * find. All that may be sensitive is learnt before the first line is made.
 *
 *	r = gv_track_patch_new(&patch, repo);
 *	r = gv_track_patch_learn(patch, was);
 *	r = gv_track_patch_make(patch, &change, was, is);
 *	gv_track_patch_free(patch);
 */

struct gv_repo;
struct gv_state_item;
struct gv_track_change;
struct gv_track_patch;

/* With the rules that come with us, and those of the team; what the team
 * switched off still hides a value. 0; GV_EREFUSED where its policy cannot be
 * read; GV_ENOMEM. */
int gv_track_patch_new(struct gv_track_patch **out, struct gv_repo *repo);

/* Learn what is sensitive in an item, which must last as long; NULL: nothing. 0
 * or GV_ENOMEM. */
int gv_track_patch_learn(
    struct gv_track_patch *patch, const struct gv_state_item *item);

/* Have the lines of a change, of the items of its sides, NULL where it has none
 * or it could not be read. They are the patch's, until the next call. 0;
 * GV_EREFUSED for an invalid rule of the team; GV_ENOMEM. */
int gv_track_patch_make(struct gv_track_patch *patch,
    struct gv_track_change *change, const struct gv_state_item *was,
    const struct gv_state_item *is);

/* NULL-safe; wipes. */
void gv_track_patch_free(struct gv_track_patch *patch);

#endif
