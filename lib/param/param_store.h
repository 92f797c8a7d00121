#ifndef GV_PARAM_STORE_H
#define GV_PARAM_STORE_H
/*
 * Layers that a program keeps in place of the working tree: a database, a store
 * of keys, another clone. The policy names the program of a set, and it runs
 * only once that is accepted. A key is the path of a layer.
 *
 *	PROGRAM ARGUMENT… list			"VERSION KEY\n" of each
 *	PROGRAM ARGUMENT… get KEY		"VERSION\n" and the bytes; "-\n"
 *	PROGRAM ARGUMENT… put KEY --if VERSION	the bytes on standard input: the
 *						new version, or "-\n" where the
 *						key has another one by now
 *
 *	PROGRAM ARGUMENT… put-all KEY VERSION…	the same of several, all or
 *						none: on standard input
 *						"BYTES\n" and the bytes of
 *						each, in order
 *
 * A program that has past versions takes "--at TIME" behind list and get.
 *
 * A version is a word that no other bytes of that key ever have; "-" is that of
 * a key that does not exist. Any exit status but 0 is a failure, and the first
 * line on standard error says why.
 *
 *	r = gv_param_store_open(&store, &set->storage, set->name, folder, 0);
 *	if (gv_param_store_version(store, "config/prod.yaml"))
 *		r = gv_param_store_get(&text, store, "config/prod.yaml");
 *	gv_param_store_close(store);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/policy.h"

struct gv_buf;
struct gv_param_store;

/* A value to be written. */
struct gv_param_stored {
	const char *key;
	const struct gv_buf *text;
};

#define GV_PARAM_STORE_MS     10000                      /* of one request */
#define GV_PARAM_STORE_KEYS   100000                     /* at most */
#define GV_PARAM_STORE_MOST   ((size_t)64 * 1024 * 1024) /* bytes of a value */
#define GV_PARAM_STORE_WRITES 60 /* keys at once; etcd takes 128 words */

/* List what there is, or was at a time (0: now); `name` is the set's, and
 * `folder` where the program runs. What is read belongs to one moment: where a
 * key that was read has changed since, a later read fails. 0, and the caller
 * closes *out before the policy is released; GV_EREFUSED with a sentence where
 * the program fails, takes too long or says something else than the above;
 * GV_ECANCELED, GV_ENOMEM. */
int gv_param_store_open(struct gv_param_store **out,
    const struct gv_policy_texts *command, const char *name, const char *folder,
    int64_t at);

/* NULL-safe. */
void gv_param_store_close(struct gv_param_store *store);

/* The version of a key, borrowed; NULL: there is no such key. */
const char *
gv_param_store_version(const struct gv_param_store *store, const char *key);

/* Each key, in the order of their bytes, until fn() returns other than 0, which
 * is returned. */
int gv_param_store_each(const struct gv_param_store *store,
    int (*fn)(void *ctx, const char *key), void *ctx);

/* Append the bytes of a key. As gv_param_store_open(). */
int gv_param_store_get(
    struct gv_buf *out, struct gv_param_store *store, const char *key);

/* Write keys, at most GV_PARAM_STORE_WRITES, if each still has the version that
 * it was listed with: all or none. 0; GV_EREFUSED with nothing written where
 * one has another version, or with a sentence that says what is known; as
 * gv_param_store_open(). */
int gv_param_store_put(struct gv_param_store *store,
    const struct gv_param_stored *values, size_t n);

/* Append all keys and versions: the same bytes where nothing has changed. */
void
gv_param_store_stamp(struct gv_buf *out, const struct gv_param_store *store);

#endif
