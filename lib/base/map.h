#ifndef GV_MAP_H
#define GV_MAP_H
/*
 * A hash map from bytes to a pointer. Keys are borrowed: they must outlive
 * the map (an arena's, or inside the value). Not thread safe.
 *
 *	struct gv_map m = GV_MAP_INIT;
 *	r = gv_map_put(&m, path, strlen(path), row);
 *	row = gv_map_get(&m, path, strlen(path));
 */

#include <stddef.h>
#include <stdint.h>

struct gv_map_slot {
	const void *key;
	size_t len;
	uint64_t hash;
	void *value; /* NULL: deleted */
};

struct gv_map {
	struct gv_map_slot *slots;
	size_t cap;  /* power of two, or 0 */
	size_t n;    /* keys with a value */
	size_t used; /* n and the deleted ones */
};

#define GV_MAP_INIT                                                            \
	{                                                                      \
		NULL, 0, 0, 0                                                  \
	}

/* Set the value of a key; `value` must not be NULL. 0 or GV_ENOMEM. */
int gv_map_put(struct gv_map *m, const void *key, size_t len, void *value);

/* The value of a key, or NULL. */
void *gv_map_get(const struct gv_map *m, const void *key, size_t len);

/* The same with the key's gv_map_hash() at hand: to ask several maps. */
void *gv_map_get_hashed(
    const struct gv_map *m, uint64_t hash, const void *key, size_t len);

/* Take a key out; returns its value, or NULL if it was not there. */
void *gv_map_del(struct gv_map *m, const void *key, size_t len);

/* Free the table (not the keys and values); NULL-safe. */
void gv_map_release(struct gv_map *m);

/* The hash used for the keys: 64 bits, not for hostile key sets of millions.*/
uint64_t gv_map_hash(const void *key, size_t len);

#endif
