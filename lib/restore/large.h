#ifndef GV_LARGE_H
#define GV_LARGE_H
/*
 * Pointers of git's large-file filters: what a blob holds of a file whose
 * content the filter keeps in a store of its own. A snapshot has the pointer
 * of a file that was not changed (r=pointer in its manifest).
 *
 *	if (gv_large_parse(&large, text, len))
 *		is_safe = gv_large_is_stored(repo, &large);
 *
 * Sources: the specification of Git LFS (docs/spec.md), git-annex's page on
 * key formats.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_LARGE_MAX                                                           \
	1024 /* bytes of a pointer; a longer file is no pointer                \
	      */

struct gv_config;
struct gv_repo;

struct gv_large {
	uint64_t size; /* of the file */
	unsigned char sha256[32];
	bool has_sha256; /* annex has keys of other kinds */
	bool is_lfs;
};

/* Whether there is such a filter here at all. */
bool gv_large_is_used(const struct gv_config *config);

/* Whether these bytes are a pointer, and what of. */
bool gv_large_parse(struct gv_large *out, const char *text, size_t len);

/* Whether the filter's store in this repository has the content, by name and
 * size; of annex that is not known: no. */
bool
gv_large_is_stored(const struct gv_repo *repo, const struct gv_large *large);

#endif
