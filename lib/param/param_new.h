#ifndef GV_PARAM_NEW_H
#define GV_PARAM_NEW_H
/*
 * The layers of a new environment, made from those of one that there is, as
 * texts: nothing is written before gv_param_new_store(). Secrets are never
 * copied: their keys are left out and named. Values that seem to belong to the
 * other environment alone are named, too.
 *
 *	r = gv_param_new(&out, pool, NULL, "perf", "prod");
 *	r = gv_param_new_store(&out, pool);
 *	… gv_param_batch_write() of the rest …
 *	gv_param_new_release(&out);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

struct gv_param_pool;

struct gv_param_new_file {
	const char *path, *like;
	const char *set; /* whose storage has it; NULL: the working tree */
	bool is_there;   /* it has that text already, by an earlier try */
	struct gv_buf text;
};

enum gv_param_new_what {
	GV_PARAM_NEW_OWN,    /* to be looked at: the value is the other one's */
	GV_PARAM_NEW_SECRET, /* a value that was left out */
	GV_PARAM_NEW_COMMENT, /* a secret in a comment, which was covered */
	GV_PARAM_NEW_CLOSED, /* a file that is encrypted as a whole: left out */
	GV_PARAM_NEW_DOCUMENT, /* a file of all has documents of the other */
};

struct gv_param_new_note {
	enum gv_param_new_what what;
	const char *file, *key, *service; /* `file`: that of the other one; of a
					    comment the new one */
	unsigned line;
};

struct gv_param_new {
	struct gv_param_new_file *files;
	size_t n, cap;
	struct gv_param_new_note *notes;
	size_t n_notes, cap_notes;
	bool has_policy; /* it has an entry of the other one, which is copied */
	struct gv_buf policy, policy_was;
	struct gv_arena arena;
};

/* Make the environment `name` like another one, of a set or layout (NULL: of
 * all sets). 0; GV_ENOTFOUND where `like` has no layer that Git tracks;
 * GV_EEXISTS where `name` has one; GV_EUSAGE for what can be no name;
 * GV_EREFUSED where a layer or the policy cannot be read or written; failures.
 * Release it in any case. */
int gv_param_new(struct gv_param_new *out, struct gv_param_pool *pool,
    const char *layout, const char *name, const char *like);

/* Write those of storages, all of a set together. 0; as gv_param_store_put().
 */
int
gv_param_new_store(const struct gv_param_new *made, struct gv_param_pool *pool);

/* Zeroed ok; texts are wiped. */
void gv_param_new_release(struct gv_param_new *made);

#endif
