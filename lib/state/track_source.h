#ifndef GV_TRACK_SOURCE_H
#define GV_TRACK_SOURCE_H
/*
 * A state that is looked at for what is whole in it: bytes of a file, or of a
 * version, that can be read again, in memory that nobody else sees.
 *
 *	r = gv_track_source_file(&source, fd, path);
 *	r = gv_state_triage_run(&triage, gv_track_source_get(source));
 *	gv_track_source_free(source);
 */

#include <stdbool.h>

#include "toolstate/state_coding.h"

struct gv_repo;
struct gv_safe;
struct gv_state_again;
struct gv_track_source;
struct gv_track_version;

/* Of a descriptor, which stays the caller's; from its beginning. What cannot be
 * gone back in, a pipe, is held in memory. `path` is for messages, and outlasts
 * it. 0; GV_ECANCELED; GV_ENOMEM; GV_ERROR. */
int
gv_track_source_file(struct gv_track_source **out, int fd, const char *path);

/* Of a version, by the identities of a safe; all must outlast it. As
 * gv_track_reader_new(). */
int gv_track_source_version(struct gv_track_source **out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_track_version *v);

/* For a triage; lasts as long. */
const struct gv_state_again *
gv_track_source_get(const struct gv_track_source *source);

/* The encoding, if it is another than its tool writes. The source then gives
 * the decoded content. */
enum gv_state_coding
gv_track_source_coding(const struct gv_track_source *source);

/* NULL-safe; wipes. */
void gv_track_source_free(struct gv_track_source *source);

#endif
