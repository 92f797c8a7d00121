#ifndef STATE_CHANGE_H
#define STATE_CHANGE_H
/*
 * What changed between two versions of a state, as the verbs of `git vault
 * state` print it: names, and values where the change has lines of them, which
 * tell none that is sensitive.
 */

struct gv_json;
struct gv_out;
struct gv_track_change;

/* A line of it, and one for each attribute, or one or two for each value. */
void
gv_state_change_print(struct gv_out *out, const struct gv_track_change *change);

/* The same in one cell. */
void
gv_state_change_cell(struct gv_out *out, const struct gv_track_change *change);

/* An object of it. */
void gv_state_change_json(
    struct gv_json *j, const char *key, const struct gv_track_change *change);

#endif
