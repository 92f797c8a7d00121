#ifndef GV_TRACK_MASK_H
#define GV_TRACK_MASK_H
/*
 * What of the values of a state must not be shown.
 *
 *	r = gv_track_mask_new(&mask, repo);
 *	r = gv_track_mask_learn(mask, text, len);
 *	r = gv_track_mask_scan(mask, "tags", value, len);
 *	if (!gv_track_mask_hides(mask, value + at, n)) …
 *	gv_track_mask_free(mask);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_repo;
struct gv_track_flat_end;
struct gv_track_mask;

/* As gv_track_patch_new(). */
int gv_track_mask_new(struct gv_track_mask **out, struct gv_repo *repo);

/* An end of a value that is sensitive: a text or a number, as JSON has it. Its
 * bytes must last. 0 or GV_ENOMEM. */
int gv_track_mask_learn(struct gv_track_mask *mask, const char *p, size_t len);

/* Have the scanner look at a value, which is to last until the next call, under
 * the name of its attribute. 0; GV_EREFUSED; GV_ENOMEM. */
int gv_track_mask_scan(struct gv_track_mask *mask, const char *name,
    const char *value, size_t len);

/* Whether what the scanner found last stands in more than these ends, such as
 * in the key of a map. */
bool gv_track_mask_spills(const struct gv_track_mask *mask,
    const struct gv_track_flat_end *ends, size_t n);

/* Whether an end of the value that was scanned last is not to be shown. */
bool gv_track_mask_hides(
    const struct gv_track_mask *mask, const char *p, size_t len);

/* The same of a text that is not a part of it: by what was learnt. */
bool gv_track_mask_knows(
    const struct gv_track_mask *mask, const char *p, size_t len);

/* NULL-safe; wipes. */
void gv_track_mask_free(struct gv_track_mask *mask);

#endif
