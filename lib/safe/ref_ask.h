#ifndef GV_REF_ASK_H
#define GV_REF_ASK_H
/*
 * Whether vaults of others have what references lead to. A vault that does not
 * answer is asked no more: what it has was not checked then, which is a fault
 * of nothing here. Which references there are is for who asks, and the values
 * themselves are had by safe.h.
 *
 *	r = gv_ref_ask_new(&ask, repo);
 *	r = gv_ref_ask_of(&answer, ask, &value, obj.data, obj.len);
 *	gv_ref_ask_each_left(ask, tell, ctx);
 *	gv_ref_ask_free(ask);
 */

#include <stddef.h>
#include <stdint.h>

#include "crypto/digest.h"

struct gv_ref_ask;
struct gv_repo;

enum gv_ref_ask_state {
	GV_REF_ASK_THERE,
	/* the vault says so; or the reference is damaged, or another value's */
	GV_REF_ASK_GONE,
	GV_REF_ASK_LEFT, /* nobody said */
};

struct gv_ref_ask_answer {
	enum gv_ref_ask_state state;
	const char *why; /* it is gone; lives as long as who was asked */
};

/* Which value a reference is to lead to. */
struct gv_ref_ask_value {
	const char *scope;
	struct gv_digest id;
};

/* Read the team's policy, which names the vaults; nobody is asked yet. One that
 * cannot be read has none. `repo` must outlive it. 0, or a failure. */
int gv_ref_ask_new(struct gv_ref_ask **out, struct gv_repo *repo);

/* NULL-safe. */
void gv_ref_ask_free(struct gv_ref_ask *ask);

/* Ask for what the text of a reference leads to, once more each time that it
 * is called. 0, also where nobody answers; GV_ENOMEM, GV_ECANCELED. */
int gv_ref_ask_of(struct gv_ref_ask_answer *out, struct gv_ref_ask *ask,
    const struct gv_ref_ask_value *value, const void *data, size_t len);

/* Report for each vault how many values it was not asked for, and why. */
void gv_ref_ask_each_left(const struct gv_ref_ask *ask,
    void (*tell)(
	void *ctx, const char *vault, const char *why, uint64_t values),
    void *ctx);

#endif
