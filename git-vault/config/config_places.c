#include "git-vault/config/config_places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "key/keyring.h"
#include "param/param.h"
#include "safe/safe.h"
#include "safe/safe_placeholder.h"
#include "safe/safe_reader.h"

struct gv_config_places {
	struct gv_ctx *ctx;
	struct gv_param_report *report;
	struct gv_safe *safe; /* opened with the first placeholder */
	struct gv_safe_reader *reader;
	int failed; /* why there is no reader: it is not tried again */
	char why[512];
	struct gv_map known; /* scopes and ids to `codes` */
	struct gv_arena arena;
	/* the configuration that is looked at */
	const struct gv_param *param;
	const char *env, *name;
};

/* What is known of a secret; its code is 0 or a failure. */
struct known {
	int code;
};

int
gv_config_places_open(struct gv_config_places **out, struct gv_ctx *ctx,
    struct gv_param_report *report)
{
	struct gv_config_places *p = calloc(1, sizeof(*p));

	*out = p;
	if (p == NULL)
		return gv_err_nomem();
	p->ctx = ctx;
	p->report = report;
	return 0;
}

void
gv_config_places_close(struct gv_config_places *p)
{
	if (p == NULL)
		return;
	gv_safe_reader_free(p->reader);
	gv_safe_close(p->safe);
	gv_map_release(&p->known);
	gv_arena_release(&p->arena);
	free(p);
}

/* ---- one secret ---------------------------------------------------------- */

static int
open_safe(struct gv_config_places *p)
{
	if (p->reader || p->failed)
		return p->failed;
	p->failed = gv_identity_opt_open(&p->safe, p->ctx, NULL);
	if (p->failed == 0)
		p->failed = gv_safe_reader_new(&p->reader, p->safe);
	if (p->failed)
		snprintf(p->why, sizeof(p->why), "%s", gv_err_message());
	return p->failed;
}

/* As gv_safe_placeholder_open() would find it. */
static int
hold(struct gv_config_places *p, const struct gv_digest *id)
{
	int r = GV_ENOTFOUND, shared;

	if (p->env && (r = gv_safe_hold(p->reader, p->env, id)) == 0)
		return 0;
	shared = gv_safe_hold(p->reader, GV_KEYRING_SHARED, id);
	return shared == 0 || r == GV_ENOTFOUND ? shared : r;
}

static int
ask(int *code, struct gv_config_places *p, const struct gv_digest *id)
{
	struct gv_buf key = GV_BUF_INIT;
	struct known *known;
	char *kept, *message;
	int r;

	gv_buf_add(&key, id->bytes, sizeof(id->bytes));
	gv_buf_addstr(&key, p->env ? p->env : "");
	if ((r = gv_buf_check(&key)) < 0)
		goto out;
	known = gv_map_get(&p->known, key.p, key.len);
	if (known == NULL) {
		known = gv_arena_alloc(&p->arena, sizeof(*known));
		kept = gv_arena_copy(&p->arena, key.p, key.len);
		if (known == NULL || kept == NULL) {
			r = GV_ENOMEM;
			goto out;
		}
		message = gv_err_save();
		known->code = open_safe(p);
		if (known->code == 0)
			known->code = hold(p, id);
		gv_err_restore(message);
		r = gv_map_put(&p->known, kept, key.len, known);
	}
	*code = known->code;
	if (r == 0 && (*code == GV_ENOMEM || *code == GV_ECANCELED))
		r = *code;
out:
	gv_buf_release(&key);
	return r;
}

/* ---- one configuration --------------------------------------------------- */

static int
say(struct gv_config_places *p, const char *key, const struct gv_layer_value *v,
    int code)
{
	const bool is_known = v->layer < p->param->n;

	return gv_param_report_add(p->report,
	    &(struct gv_param_problem){ .grade = !p->failed &&
			(code == GV_ENOTFOUND || code == GV_ECORRUPT)
		    ? GV_PARAM_WRONG
		    : GV_PARAM_UNSURE,
		.check = "secret",
		.key = key,
		.file = is_known ? gv_param_path(p->param, v->layer) : NULL,
		.line = is_known ? v->line : 0,
		.column = is_known ? v->column : 0,
		.text = p->failed ? p->why
		    : code == GV_ENOTFOUND
		    ? "the vault here does not have the secret of this "
		      "placeholder for the environment; to fetch what others "
		      "have: git vault sync"
		    : code == GV_ECORRUPT
		    ? "the secret of this placeholder is damaged; to mend it "
		      "from other copies: git vault repair"
		    : "no key here opens the secret of this placeholder",
		.where = p->name });
}

static int
look(void *ctx, const char *path, const struct gv_layer_value *v)
{
	struct gv_config_places *p = ctx;
	struct gv_safe_placeholder place;
	size_t at;
	int code, r = 0;

	if (v->kind != GV_LAYER_TEXT)
		return 0;
	for (at = 0;
	     r == 0 && gv_safe_placeholder_next(&place, v->text, v->len, at);
	     at = place.at + place.len) {
		r = ask(&code, p, &place.id);
		if (r == 0 && code < 0)
			r = say(p, path, v, code);
	}
	return r;
}

int
gv_config_places_look(struct gv_config_places *p, const struct gv_param *param,
    const char *env, const char *name)
{
	p->param = param;
	p->env = env;
	p->name = name;
	return gv_layer_each(param->tree.root, look, p);
}
