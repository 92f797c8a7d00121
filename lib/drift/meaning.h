#ifndef GV_MEANING_H
#define GV_MEANING_H
/*
 * What the value of a key is for, by the words of the key: a size, a version, a
 * guard against loss.
 *
 *	gv_meaning_of("spec.replicas", 13);	GV_MEANING_SIZE
 */

#include <stdbool.h>
#include <stddef.h>

enum gv_meaning {
	GV_MEANING_OTHER,
	GV_MEANING_SIZE,     /* sizes and counts */
	GV_MEANING_IMAGE,    /* a reference to an image */
	GV_MEANING_VERSION,  /* a version, a tag, a commit */
	GV_MEANING_GUARD,    /* protects data or access: on is safer, more is */
	GV_MEANING_RISK,     /* the opposite: force_destroy */
	GV_MEANING_VOLATILE, /* times, ids and digests that tools write */
};

/* By the last step of the path, and the one before it where that is "enabled".
 */
enum gv_meaning gv_meaning_of(const char *key, size_t len);

/* The last step of a path: a.b["c.d"] gives c.d. */
const char *gv_meaning_last(size_t *n, const char *key, size_t len);

/* Whether a tool takes only a number: fields of Kubernetes; of any file
 * replicas. */
bool gv_meaning_is_number(const char *key, size_t len, bool is_object);

/* Whether an attribute of a resource has a value of its own wherever the
 * resource is made: its id, its address, a time, a random text. */
bool gv_meaning_is_own(const char *key, size_t len);

/* Whether a bool or word switches something on: 1, off: 0; -1: neither. */
int gv_meaning_is_on(const char *p, size_t len);

/* How many of the words of two keys' names both have, in percent of the longer
 * one. */
unsigned
gv_meaning_shared(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
