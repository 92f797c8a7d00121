#ifndef GV_MATCH_H
#define GV_MATCH_H
/*
 * Which runs of code are in two places: prints of some files are put into an
 * index, and others are compared with it, one at a time. Pure.
 *
 *	r = gv_match_add(&index, 0, prints);	… of each file
 *	gv_match_end(&index);
 *	r = gv_match_find(&matches, &index, prints);
 *	gv_match_release(&index);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kin/print.h"

/* A print in more places than that is boilerplate. */
#define GV_MATCH_PLACES 8

/* A run of fewer tokens is chance, or of fewer common prints of 100. Where
 * names are others, more of both are needed. */
#define GV_MATCH_LEAST         30
#define GV_MATCH_ALIKE         50
#define GV_MATCH_RENAMED_LEAST 50
#define GV_MATCH_RENAMED_ALIKE 60

struct gv_match_index {
	struct gv_match_place {
		uint64_t hash;
		uint32_t file, token, first, last;
	} * places[GV_PRINT_STREAMS];
	size_t n[GV_PRINT_STREAMS], cap[GV_PRINT_STREAMS];
};

struct gv_match {
	uint32_t file;              /* of the index */
	uint32_t first, last;       /* lines there */
	uint32_t to_first, to_last; /* of the file that was compared */
	uint32_t tokens;
	unsigned alike;  /* of 100: how many of the prints are common */
	bool is_renamed; /* names, numbers or strings are others */
};

struct gv_matches {
	struct gv_match *items; /* the longest first */
	size_t n, cap;
};

/* Add a file under a number; its prints by token. 0 or GV_ENOMEM. */
int gv_match_add(struct gv_match_index *index, uint32_t file,
    const struct gv_prints prints[GV_PRINT_STREAMS]);

/* No more are added. What is in more than GV_MATCH_PLACES is left out. */
void gv_match_end(struct gv_match_index *index);

/* The runs that a file has in common with those of the index, but for what is
 * within a longer one of the same two files. 0 or GV_ENOMEM;
 * *out is freed with free(out->items). */
int gv_match_find(struct gv_matches *out, const struct gv_match_index *index,
    const struct gv_prints prints[GV_PRINT_STREAMS]);

/* Free; zeroed ok. */
void gv_match_release(struct gv_match_index *index);

#endif
