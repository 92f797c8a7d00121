#include "git-vault/about/candidates.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "git-vault/about/complete.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/guide.h"
#include "git-vault/secret/sealed_out.h"
#include "key/keyring_store.h"
#include "record/record_load.h"
#include "record/trash.h"
#include "remote/remote.h"
#include "repo/repo.h"
#include "sys/env.h"
#include "sys/exec.h"
#include "view/labels.h"

/* One list under way, for functions that are called back. */
struct listing {
	struct gv_candidates *out;
	const struct gv_complete *asked;
};

static bool
is_printable(const char *p, size_t len)
{
	uint32_t c;
	size_t n;

	for (; len > 0; p += n, len -= n) {
		n = gv_utf8_next(&c, p, len);
		if (n == 0 || gv_utf8_width(c) < 0)
			return false;
	}
	return true;
}

int
gv_candidates_add(struct gv_candidates *out, const struct gv_complete *asked,
    const char *value, size_t len, const char *about)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_candidate *item;
	int r;

	if (strncmp(value, asked->typed, strlen(asked->typed)) != 0 ||
	    len < strlen(asked->typed) || !is_printable(value, len))
		return 0;
	if ((r = GV_GROW(out->items, out->n, out->cap)) < 0)
		return r;
	if (asked->lead.len)
		gv_buf_add(&text, asked->lead.p, asked->lead.len);
	gv_buf_add(&text, value, len);
	if ((r = gv_buf_check(&text)) < 0)
		goto out;
	item = &out->items[out->n];
	item->value = gv_arena_copy(&out->arena, text.p, text.len);
	item->about = about == NULL || !is_printable(about, strlen(about))
	    ? ""
	    : gv_arena_copy(&out->arena, about, strlen(about));
	if (item->value && item->about)
		out->n++;
	else
		r = gv_err_nomem();
out:
	gv_buf_release(&text);
	return r;
}

static int
add_name(void *ctx, const char *name, size_t len)
{
	const struct listing *l = ctx;

	return gv_candidates_add(l->out, l->asked, name, len, NULL);
}

static int
add_text(const struct listing *l, const char *text, const char *about)
{
	return gv_candidates_add(l->out, l->asked, text, strlen(text), about);
}

/* ---- out of the tables -------------------------------------------------- */

static int
add_commands(const struct listing *l, const struct gv_cmd *const *all)
{
	int r = 0;

	for (; r == 0 && *all; all++)
		r = add_text(l, (*all)->name, (*all)->summary);
	return r;
}

static int
add_guides(const struct listing *l)
{
	const struct gv_guide *g;
	int r = 0;

	for (g = gv_guides; r == 0 && g->name; g++)
		r = add_text(l, g->name, g->summary);
	return r;
}

static int
add_verbs(const struct listing *l)
{
	const char *verb;
	size_t i, len;
	int r = 0;

	for (i = 0; r == 0 && (verb = gv_cmd_verb(l->asked->cmd, i, &len)); i++)
		r = gv_candidates_add(l->out, l->asked, verb, len, NULL);
	return r;
}

static int
add_choices(const struct listing *l)
{
	const char *const *c;
	int r = 0;

	for (c = l->asked->choices; r == 0 && *c; c++)
		r = add_text(l, *c, NULL);
	return r;
}

/* An option is offered by its long name where it has one: "-p" says less. */
static int
add_options_of(const struct listing *l, const struct gv_opt *o)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = 0;

	for (; r == 0 && o && o->type != GV_OPT_END; o++) {
		if (o->type == GV_OPT_GROUP)
			continue;
		gv_buf_reset(&text);
		if (o->name)
			gv_buf_addf(&text, "--%s%s", o->name,
			    gv_opt_has_value(o) && o->implied ? "=" : "");
		else
			gv_buf_addf(&text, "-%c", o->letter);
		if ((r = gv_buf_check(&text)) == 0)
			r = add_text(l, text.p, o->help);
		if (r < 0 || o->name == NULL || o->type != GV_OPT_TRI)
			continue;
		gv_buf_reset(&text);
		gv_buf_addf(&text, "--no-%s", o->name);
		if ((r = gv_buf_check(&text)) == 0)
			r = add_text(l, text.p, o->help);
	}
	gv_buf_release(&text);
	return r;
}

static int
add_options(const struct listing *l)
{
	const struct gv_cmd *cmd = l->asked->cmd;
	int r = cmd ? add_options_of(l, cmd->opts) : 0;

	if (r < 0)
		return r;
	r = add_options_of(
	    l, cmd ? gv_cmd_globals + GV_CMD_FRONT : gv_cmd_globals);
	if (r < 0)
		return r;
	return add_text(l, "--help", "open the manual");
}

/* ---- out of the repository ---------------------------------------------- */

static int
add_environments(const struct listing *l, const struct gv_ctx *ctx)
{
	struct gv_records recs = { .n = 0 };
	struct gv_candidates *out = l->out;
	size_t i, k, at;
	int r = gv_labels_each(
	    ctx->repo, GV_LABELS_ENVIRONMENTS, NULL, add_name, (void *)l);

	if (r == 0)
		r = gv_records_recall(&recs, ctx->repo, NULL);
	for (i = 0; r == 0 && i < recs.n; i++)
		for (k = 0; r == 0 && k < recs.records[i].n_environments; k++) {
			const char *env = recs.records[i].environments[k];

			for (at = 0; at < out->n; at++)
				if (strcmp(out->items[at].value +
					    l->asked->lead.len,
					env) == 0)
					break;
			if (at == out->n)
				r = add_text(l, env, NULL);
		}
	gv_records_release(&recs);
	return r;
}

static int
add_remotes(const struct listing *l, const struct gv_ctx *ctx)
{
	struct gv_remote remote;
	size_t at = 0;
	int r = 0;

	while (r == 0 && gv_remote_next(&remote, &at, &ctx->repo->config))
		r = gv_candidates_add(
		    l->out, l->asked, remote.name, remote.len, NULL);
	return r;
}

static int
add_deleted(const struct listing *l, const struct gv_ctx *ctx)
{
	struct gv_trash trash = { .n = 0 };
	size_t i;
	int r = gv_trash_load(&trash, ctx->repo, NULL);

	l->out->how = GV_CANDIDATES_ORDER;
	for (i = 0; r == 0 && i < trash.n; i++)
		if (!trash.items[i].is_live)
			r = add_text(l, trash.items[i].id, NULL);
	gv_trash_release(&trash);
	return r;
}

/* By as many digits as `secret list` prints, with a place of each. */
static int
add_secrets(const struct listing *l, const struct gv_ctx *ctx)
{
	struct gv_inventory inv = { .n = 0 };
	struct gv_buf about = GV_BUF_INIT;
	char id[GV_SEALED_OUT_ID];
	size_t i;
	int r = gv_inventory_load(&inv, ctx->repo, NULL);

	for (i = 0; r == 0 && i < inv.n; i++) {
		const struct gv_inventory_value *v = &inv.values[i];

		gv_sealed_out_id(id, v);
		gv_buf_reset(&about);
		gv_buf_addf(&about, "%s, %s", v->scope, gv_sealed_out_rule(v));
		if (v->n_places)
			gv_buf_addf(&about, ", %.*s",
			    (int)v->places[0].path_len, v->places[0].path);
		if ((r = gv_buf_check(&about)) == 0)
			r = add_text(l, id, about.p);
	}
	gv_buf_release(&about);
	gv_inventory_release(&inv);
	return r;
}

/* Names only: the keyring is read as it is, and not pinned by a look at it. */
static int
add_recipients(const struct listing *l, const struct gv_ctx *ctx)
{
	const struct gv_keyring_recipient *who;
	struct gv_keyring_kept kept;
	struct gv_oid tip;
	size_t i;
	int r;

	if ((r = gv_keyring_tip(&tip, ctx->repo)) < 0 ||
	    (r = gv_keyring_look(&kept, ctx->repo, &tip)) < 0)
		return r;
	for (i = 0; r == 0 && i < kept.keyring.n_recipients; i++) {
		who = &kept.keyring.recipients[i];
		r = add_text(l, who->name, gv_keyring_role_name(who->role));
	}
	gv_keyring_kept_release(&kept);
	return r;
}

static int
add_labels(
    const struct listing *l, const struct gv_ctx *ctx, enum gv_labels_of of)
{
	return gv_labels_each(
	    ctx->repo, of, l->asked->env, add_name, (void *)l);
}

/* Before the first snapshot there are only files on disk. */
static int
add_inside(const struct listing *l, struct gv_ctx *ctx)
{
	int r = gv_candidates_paths(l->out, ctx, l->asked);

	if (r == GV_ENOTFOUND && l->asked->snap == NULL &&
	    !l->asked->from_top && l->asked->cmd->args[0] == GV_OPT_INSIDE)
		l->out->how = GV_CANDIDATES_FILES;
	return r;
}

static int
add_stored(const struct listing *l, struct gv_ctx *ctx)
{
	switch (l->asked->kind) {
	case GV_OPT_SNAPSHOT:
	case GV_OPT_TAG:
		return gv_candidates_snapshots(l->out, ctx, l->asked);
	case GV_OPT_INSIDE:
		return add_inside(l, ctx);
	case GV_OPT_ENV:
		return add_environments(l, ctx);
	case GV_OPT_STACK:
		return add_labels(l, ctx, GV_LABELS_STACKS);
	case GV_OPT_SCOPE:
		return add_labels(l, ctx, GV_LABELS_SCOPES);
	case GV_OPT_REF:
		return add_labels(l, ctx, GV_LABELS_BRANCHES);
	case GV_OPT_REMOTE:
		return add_remotes(l, ctx);
	case GV_OPT_DELETED:
		return add_deleted(l, ctx);
	case GV_OPT_SECRET:
		return add_secrets(l, ctx);
	case GV_OPT_RECIPIENT:
		return add_recipients(l, ctx);
	default:
		return 0;
	}
}

/* No shell has put a home in place of its "~" yet. */
static int
change_dir(const char *typed)
{
	struct gv_buf dir = GV_BUF_INIT;
	int r;

	if ((r = gv_env_expand(&dir, typed)) == 0 &&
	    (r = gv_buf_check(&dir)) == 0)
		r = gv_exec_chdir(dir.p);
	gv_buf_release(&dir);
	return r;
}

static int
open_and_add(const struct listing *l, const struct gv_ctx *ctx)
{
	struct gv_ctx inner = *ctx;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < l->asked->dirs.n; i++)
		r = change_dir(l->asked->dirs.items[i]);
	if (r < 0 || (r = gv_repo_open(&inner.repo, 0)) < 0)
		goto out;
	r = add_stored(l, &inner);
out:
	gv_repo_close(inner.repo);
	return r;
}

static int
add_values(const struct listing *l, const struct gv_ctx *ctx)
{
	static const char *const shells[] = { "bash", "zsh", "fish" };
	size_t i;
	int r = 0;

	if (l->asked->choices)
		return add_choices(l);
	switch (l->asked->kind) {
	case GV_OPT_ANY:
	case GV_OPT_VERB:
		return 0;
	case GV_OPT_PATH:
		l->out->how = GV_CANDIDATES_FILES;
		return 0;
	case GV_OPT_DIR:
		l->out->how = GV_CANDIDATES_DIRS;
		return 0;
	case GV_OPT_COMMAND:
		r = add_commands(l, ctx->all);
		return r < 0 ? r : add_guides(l);
	case GV_OPT_SHELL:
		for (i = 0; r == 0 && i < sizeof(shells) / sizeof(*shells); i++)
			r = add_text(l, shells[i], NULL);
		return r;
	default:
		return open_and_add(l, ctx);
	}
}

int
gv_candidates_find(struct gv_candidates *out, struct gv_ctx *ctx,
    const struct gv_complete *asked)
{
	const struct listing l = { out, asked };

	*out = (struct gv_candidates){ .arena = GV_ARENA_INIT };
	switch (asked->what) {
	case GV_COMPLETE_COMMAND:
		return add_commands(&l, ctx->all);
	case GV_COMPLETE_OPTION:
		return add_options(&l);
	case GV_COMPLETE_VERB:
		return add_verbs(&l);
	case GV_COMPLETE_VALUE:
		break;
	}
	return add_values(&l, ctx);
}

void
gv_candidates_release(struct gv_candidates *list)
{
	if (list == NULL)
		return;
	free(list->items);
	gv_arena_release(&list->arena);
	memset(list, 0, sizeof(*list));
}
