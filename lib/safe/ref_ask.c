#include "safe/ref_ask.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "config/policy.h"
#include "crypto/secret.h"
#include "key/backend.h"
#include "key/backend_ref.h"
#include "policy/team.h"
#include "seal/withheld.h"

struct vault {
	const char *name;
	struct gv_backend *backend;
	const char *why; /* values were left; NULL: none was */
	bool is_down;
	uint64_t left;
};

struct gv_ref_ask {
	struct gv_policy policy;
	struct vault *vaults;
	size_t n, cap;
	struct gv_arena arena;
};

int
gv_ref_ask_new(struct gv_ref_ask **out, struct gv_repo *repo)
{
	struct gv_ref_ask *ask = calloc(1, sizeof(*ask));
	int r;

	if (ask == NULL)
		return gv_err_nomem();
	ask->arena = (struct gv_arena)GV_ARENA_INIT;
	/* without a policy no vault is known, which is said of each */
	r = gv_team_load(&ask->policy, repo);
	if (r < 0 && r != GV_EREFUSED) {
		gv_ref_ask_free(ask);
		return r;
	}
	*out = ask;
	return 0;
}

void
gv_ref_ask_free(struct gv_ref_ask *ask)
{
	size_t i;

	if (ask == NULL)
		return;
	for (i = 0; i < ask->n; i++)
		gv_backend_close(ask->vaults[i].backend);
	free(ask->vaults);
	gv_policy_release(&ask->policy);
	gv_arena_release(&ask->arena);
	free(ask);
}

/* ---- the vault ---- */

static struct vault *
vault_of(struct gv_ref_ask *ask, const char *name)
{
	size_t i;

	for (i = 0; i < ask->n; i++)
		if (strcmp(ask->vaults[i].name, name) == 0)
			return &ask->vaults[i];
	if (GV_GROW(ask->vaults, ask->n, ask->cap) < 0)
		return NULL;
	ask->vaults[ask->n] = (struct vault){ .name = gv_arena_copy(&ask->arena,
						  name, strlen(name)) };
	return ask->vaults[ask->n].name ? &ask->vaults[ask->n++] : NULL;
}

static int
open_vault(struct vault *v, const struct gv_ref_ask *ask)
{
	const struct gv_policy_vault *policy =
	    gv_policy_vault(&ask->policy, v->name);

	if (v->backend)
		return 0;
	return policy ? gv_backend_open(&v->backend, policy)
		      : gv_err(GV_EREFUSED, "the policy does not have it");
}

static const char *
keep_message(struct gv_ref_ask *ask)
{
	const char *why = gv_err_message();

	return gv_arena_copy(&ask->arena, why, strlen(why));
}

/* By the thread's message. */
static int
note_gone(struct gv_ref_ask_answer *out, struct gv_ref_ask *ask)
{
	out->state = GV_REF_ASK_GONE;
	out->why = keep_message(ask);
	return out->why ? 0 : GV_ENOMEM;
}

/* The vault did not say whether it has the value. */
static int
note_left(struct gv_ref_ask_answer *out, struct vault *v,
    struct gv_ref_ask *ask, int r)
{
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	/* that there is no right to one value says nothing of others */
	v->is_down = v->is_down || v->backend == NULL || r == GV_ERROR;
	v->why = v->why ? v->why : keep_message(ask);
	v->left++;
	out->state = GV_REF_ASK_LEFT;
	return v->why ? 0 : GV_ENOMEM;
}

static int
ask_vault(struct gv_ref_ask_answer *out, struct gv_ref_ask *ask,
    const struct gv_backend_ref *ref)
{
	struct gv_secret value = GV_SECRET_INIT;
	struct vault *v = vault_of(ask, ref->vault);
	int r;

	if (v == NULL)
		return GV_ENOMEM;
	if ((r = v->is_down ? GV_ERROR : open_vault(v, ask)) == 0)
		r = gv_backend_fetch(
		    v->backend, &value, ref->path, ref->version);
	gv_secret_release(&value);
	if (r == GV_ENOTFOUND || r == GV_ECORRUPT)
		return note_gone(out, ask);
	return r < 0 ? note_left(out, v, ask, r) : 0;
}

/* ---- one value ---- */

static bool
leads_to(const struct gv_backend_ref *ref, const struct gv_ref_ask_value *value)
{
	char end[GV_WITHHELD_SCOPE_MAX + 2 * GV_DIGEST_BYTES + 3];
	char hex[2 * GV_DIGEST_BYTES + 1];
	size_t len, n;

	gv_enc_hex(hex, value->id.bytes, GV_DIGEST_BYTES);
	n = (size_t)snprintf(end, sizeof(end), "/%s/%s", value->scope, hex);
	len = strlen(ref->path);
	return len >= n && strcmp(ref->path + len - n, end) == 0;
}

int
gv_ref_ask_of(struct gv_ref_ask_answer *out, struct gv_ref_ask *ask,
    const struct gv_ref_ask_value *value, const void *data, size_t len)
{
	struct gv_backend_ref ref;
	int r = gv_backend_ref_parse(&ref, data, len);

	*out = (struct gv_ref_ask_answer){ GV_REF_ASK_THERE, NULL };
	if (r == 0 && !leads_to(&ref, value))
		r = gv_err(GV_ECORRUPT,
		    "the reference to a secret of %s leads to another one",
		    value->scope);
	return r < 0 ? note_gone(out, ask) : ask_vault(out, ask, &ref);
}

void
gv_ref_ask_each_left(const struct gv_ref_ask *ask,
    void (*tell)(
	void *ctx, const char *vault, const char *why, uint64_t values),
    void *ctx)
{
	size_t i;

	for (i = 0; i < ask->n; i++)
		if (ask->vaults[i].left)
			tell(ctx, ask->vaults[i].name, ask->vaults[i].why,
			    ask->vaults[i].left);
}
