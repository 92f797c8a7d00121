#ifndef GV_PROGRESS_H
#define GV_PROGRESS_H
/*
 * How far a long piece of work is, on stderr: count, percentage, bytes, rate,
 * and the time that is left. Only on a terminal or with --progress, never
 * with -q; nothing is shown for work that takes less than a second. Adding is
 * an atomic addition and may come from any thread; begin and end belong to
 * the thread that runs the command.
 *
 *	gv_progress_begin(p, "storing files", n_files);
 *	... gv_progress_add(p, 1, size);
 *	gv_progress_end(p);
 */

#include <stdbool.h>
#include <stdint.h>

struct gv_progress;

/* `wanted`: --progress 1, --no-progress 0, -1 as the terminal and -q say. */
int gv_progress_new(struct gv_progress **out, int wanted, bool quiet);

/* Ends the work under way; NULL-safe. */
void gv_progress_free(struct gv_progress *p);

/* Begin a piece of work of `total` things (0: nobody knows how many) under a
 * fixed title ("storing files"); ends the one before. */
void
gv_progress_begin(struct gv_progress *p, const char *title, uint64_t total);

/* The total has become known or has grown. */
void gv_progress_total(struct gv_progress *p, uint64_t total);

/* How many bytes there are in all: then the percentage and the time that is
 * left go by things and bytes. */
void gv_progress_size(struct gv_progress *p, uint64_t bytes);

/* So many things and bytes more are done. */
void gv_progress_add(struct gv_progress *p, uint64_t count, uint64_t bytes);

/* It is done: the last line stays, if any was shown. */
void gv_progress_end(struct gv_progress *p);

/* Take the line away before other text goes to the terminal; it comes back
 * with the next addition. NULL-safe. */
void gv_progress_clear(struct gv_progress *p);

/* The same as callbacks for the library, which knows no printing:
 * `progress` is a struct gv_progress. begin("") ends. */
void gv_progress_on_begin(void *progress, const char *title, uint64_t total);
void gv_progress_on_size(void *progress, uint64_t bytes);
void gv_progress_on_add(void *progress, uint64_t count, uint64_t bytes);

#endif
