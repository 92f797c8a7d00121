#include "git-vault/state/state_subject.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/state/state.h"
#include "git-vault/state/state_stack.h"
#include "git-vault/state/state_version.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "state/track_diff.h"
#include "state/track_good.h"
#include "state/track_source.h"
#include "sys/cancel.h"
#include "sys/file.h"
#include "toolstate/state_repair.h"
#include "vault/label.h"

/* ---- what is meant ------------------------------------------------------ */

static bool
is_version(const char *arg)
{
	size_t n = strlen(arg);

	return strcmp(arg, "latest") == 0 || strncmp(arg, "latest~", 7) == 0 ||
	    strncmp(arg, "serial:", 7) == 0 ||
	    (n >= 4 && n <= GV_OID_HEX && strspn(arg, "0123456789abcdef") == n);
}

/* 1: a version; 0: a file. */
static int
which(const char *arg)
{
	if (!is_version(arg))
		return 0;
	return gv_file_exists(AT_FDCWD, arg)
	    ? gv_err(GV_EUSAGE,
		  "'%s' is a file and names a version; say ./%s for the file, "
		  "or name the version otherwise",
		  arg, arg)
	    : 1;
}

/* Of which state a file is: where nothing says so, there is nothing to compare
 * it with, which is no failure. */
static int
choose_of(struct gv_state_subject *s, const char *path)
{
	const struct gv_state_opts *o = s->ctx->opts;
	struct gv_state_stack stack;
	int r = o->env ? gv_label_check("an environment", o->env) : 0;

	if (r < 0)
		return r;
	if (o->stack && (r = gv_label_check("a stack", o->stack)) < 0)
		return r;
	if ((r = gv_state_stack_find(&stack, s->ctx, path)) == 0) {
		s->hold.env = strdup(stack.name.env);
		s->hold.stack = strdup(stack.name.stack);
		s->of = (struct gv_track_of){ s->hold.env, s->hold.stack };
		s->has_of = s->of.env && s->of.stack;
		return s->has_of ? 0 : gv_err_nomem();
	}
	if (r != GV_ENOTFOUND && r != GV_EUSAGE)
		return r;
	if (o->env == NULL)
		r = gv_state_version_of(&s->of, &s->hold, s->ctx);
	s->has_of = r == 0;
	return r == GV_ENOTFOUND || r == GV_EUSAGE ? 0 : r;
}

/* ---- reading ------------------------------------------------------------ */

int
gv_state_subject_safe(struct gv_state_subject *s)
{
	const struct gv_state_opts *o = s->ctx->opts;

	return s->safe ? 0
		       : gv_identity_opt_open(&s->safe, s->ctx, &o->identities);
}

static int
open_version(struct gv_state_subject *s, const char *arg)
{
	int r = gv_state_version_of(&s->of, &s->hold, s->ctx);

	s->is_version = s->has_of = true;
	if (r < 0)
		return r;
	r = gv_track_resolve(&s->version, s->ctx->repo, &s->of, arg);
	if (r < 0 || (r = gv_state_subject_safe(s)) < 0)
		return r;
	return gv_track_source_version(
	    &s->source, s->ctx->repo, s->safe, &s->version);
}

static int
open_file(struct gv_state_subject *s, const char *path)
{
	int r = choose_of(s, path);

	if (r < 0)
		return r;
	s->fd = STDIN_FILENO;
	if (strcmp(path, "-") != 0)
		s->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0)
		return gv_cancel_requested()
		    ? gv_cancel_error()
		    : gv_err_sys("cannot open %s", path);
	return gv_track_source_file(&s->source, s->fd, path);
}

/* ---- what is lost ------------------------------------------------------- */

struct losing {
	struct gv_state_subject *s;
	struct gv_map found;
	bool resources, outputs; /* can be lost */
};

static int
look(void *ctx, const struct gv_track_item *item)
{
	struct losing *l = ctx;
	struct gv_state_subject *s = l->s;
	bool is_output =
	    strncmp(item->address, "output.", 7) == 0 && *item->type == '\0';
	size_t len = strlen(item->address);
	size_t bare = is_output ? len : gv_state_repair_bare(item->address);
	char *address;
	int r;

	if (!(is_output ? l->outputs : l->resources) ||
	    gv_state_repair_is_passing(item->address) ||
	    gv_map_get(&l->found, item->address, bare) ||
	    gv_map_get(&l->found, item->address, len))
		return 0;
	address = gv_arena_copy(&s->arena, item->address, len);
	r = address ? GV_GROW(s->lost, s->n_lost, s->cap_lost) : GV_ENOMEM;
	if (r == 0)
		s->lost[s->n_lost++] = address;
	return r;
}

/* An address, and where its tool calls a thing by another one, that. */
static int
put_found(struct losing *l, const struct gv_state_found *f)
{
	int r =
	    gv_map_put(&l->found, f->address, strlen(f->address), (void *)f);
	size_t i;

	for (i = 0; r == 0 && i < f->n_items && (f->is_head || f->n_items == 1);
	     i++)
		r = gv_map_put(
		    &l->found, f->items[i], strlen(f->items[i]), (void *)f);
	return r;
}

/* An index that cannot be read is no reason to tell nothing. */
static int
find_lost(struct gv_state_subject *s)
{
	const struct gv_state_triage *t = &s->triage;
	struct losing l = { .s = s,
		.found = GV_MAP_INIT,
		.resources = gv_state_repair_may_lose(t, 0, false),
		.outputs = gv_state_repair_may_lose(t, 0, true) };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < t->n; i++)
		r = put_found(&l, &t->found[i]);
	if (r == 0 && (l.resources || l.outputs))
		r = gv_track_items(s->ctx->repo, &s->good, look, &l);
	gv_map_release(&l.found);
	return r == GV_ECORRUPT || r == GV_ENOTFOUND ? 0 : r;
}

/* Judge it by what its bytes do not say: that it was deleted, or is in another
 * encoding than its tool writes. */
static void
call(struct gv_state_subject *s)
{
	enum gv_state_coding coding = gv_track_source_coding(s->source);
	struct gv_state_triage *t = &s->triage;
	char inner[sizeof(t->damage)], why[GV_STATE_VERSION_WHY];

	if (s->is_version && gv_state_version_is_gone(why, &s->version)) {
		t->kind = GV_STATE_DELETED;
		snprintf(t->damage, sizeof(t->damage), "%s", why);
		t->wrong[0] = '\0';
	} else if (coding && t->kind == GV_STATE_WHOLE) {
		t->kind = GV_STATE_ENCODED;
		snprintf(t->damage, sizeof(t->damage),
		    "it is %s; the decoded content is intact",
		    gv_state_coding_name(coding));
	} else if (coding) {
		memcpy(inner, t->damage, sizeof(inner));
		snprintf(t->damage, sizeof(t->damage), "it is %s: %.120s",
		    gv_state_coding_name(coding), inner);
	}
}

static int
compare(struct gv_state_subject *s)
{
	int r = 0;

	call(s);
	if (s->has_of && s->triage.kind == GV_STATE_DELETED)
		r = gv_track_good_once(
		    &s->good, &s->has_good, s->ctx->repo, &s->of);
	else if (s->has_of)
		r = gv_track_good(&s->good, &s->has_good, s->ctx->repo, &s->of);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND || r == GV_EREFUSED) {
		s->has_good = false;
		r = 0;
	}
	if (r == 0 && s->has_good && s->triage.kind != GV_STATE_WHOLE)
		r = find_lost(s);
	return r;
}

int
gv_state_subject_open(
    struct gv_state_subject *s, struct gv_ctx *ctx, const char *arg)
{
	int r = which(arg);

	*s = (struct gv_state_subject){ .ctx = ctx, .fd = -1 };
	if (r >= 0)
		r = r ? open_version(s, arg) : open_file(s, arg);
	if (r == 0)
		r = gv_state_triage_run(
		    &s->triage, gv_track_source_get(s->source));
	return r < 0 ? r : compare(s);
}

/* The file needs no key. */
static bool
is_still(struct gv_state_subject *s, const struct gv_track_version *v,
    const char *path)
{
	struct stat st;

	if (strcmp(path, "-") != 0)
		s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return s->fd >= 0 && fstat(s->fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    gv_track_size(v->seal, (uint64_t)st.st_size) == v->size;
}

int
gv_state_subject_of_saved(struct gv_state_subject *s, struct gv_ctx *ctx,
    struct gv_safe *safe, const struct gv_track_version *v, const char *path)
{
	int r;

	*s = (struct gv_state_subject){
		.ctx = ctx, .fd = -1, .of = { v->env, v->stack }, .has_of = true
	};
	r = is_still(s, v, path)
	    ? gv_track_source_file(&s->source, s->fd, path)
	    : gv_track_source_version(&s->source, ctx->repo, safe, v);
	if (r == 0)
		r = gv_state_triage_run(
		    &s->triage, gv_track_source_get(s->source));
	return r < 0 ? r : compare(s);
}

size_t
gv_state_subject_count(const struct gv_state_subject *s)
{
	struct gv_map seen = GV_MAP_INIT;
	size_t i, n;

	for (i = 0; i < s->triage.n; i++) {
		const struct gv_state_found *f = &s->triage.found[i];

		if (!f->is_output)
			(void)gv_map_put(
			    &seen, f->address, strlen(f->address), (void *)f);
	}
	n = seen.n;
	gv_map_release(&seen);
	return n;
}

void
gv_state_subject_close(struct gv_state_subject *s)
{
	gv_track_source_free(s->source);
	if (s->fd > STDIN_FILENO)
		gv_file_close(s->fd);
	gv_state_triage_release(&s->triage);
	gv_track_version_release(&s->hold);
	gv_track_version_release(&s->version);
	gv_track_version_release(&s->good);
	free(s->lost);
	gv_arena_release(&s->arena);
	if (s->safe) {
		gv_identity_opt_tell(s->ctx, s->safe);
		gv_safe_close(s->safe);
	}
}
