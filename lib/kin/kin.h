#ifndef GV_KIN_H
#define GV_KIN_H
/*
 * Which file was written again as which other one, perhaps in another language:
 * by the parts of names (parse and order of parseOrder or parse_order) and by
 * the strings that both have. A mark counts the more, the fewer files have it.
 * Pure.
 *
 *	r = gv_kin_mark(&old[i], "lib/order.php", text, len);	… of each file
 *	r = gv_kin_join(&pairs, old, n_old, new, n_new);
 *	… pairs.items[i].old, pairs.items[i].alike …
 */

#include <stddef.h>
#include <stdint.h>

/* Two files are joined from here on, of 100, */
#define GV_KIN_ALIKE 25
/* with that many marks in common. */
#define GV_KIN_LEAST 5

/* A mark in more files of one side than that tells nothing. */
#define GV_KIN_FILES 64

struct gv_kin_marks {
	uint64_t *items; /* rising, each once */
	size_t n, cap;
};

struct gv_kin_pair {
	uint32_t old, new;
	unsigned alike; /* of 100 */
};

struct gv_kin_pairs {
	struct gv_kin_pair *items; /* by `new`, each once */
	size_t n, cap;
};

/* Take the marks of a file; of its path, the name alone counts. 0 or
 * GV_ENOMEM; to be released in any case. */
int gv_kin_mark(
    struct gv_kin_marks *out, const char *path, const char *text, size_t len);

/* For each new file its predecessor, if it has one. 0 or GV_ENOMEM; *out is
 * freed with free(out->items). */
int gv_kin_join(struct gv_kin_pairs *out, const struct gv_kin_marks *old,
    size_t n_old, const struct gv_kin_marks *new, size_t n_new);

/* Free; zeroed ok. */
void gv_kin_release(struct gv_kin_marks *marks);

#endif
