#include "git-vault/front/cmd.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/place.h"
#include "git-vault/look/content_out.h"
#include "git-vault/look/record_out.h"
#include "git-vault/look/reveal_out.h"
#include "git-vault/look/whole_out.h"
#include "object/repo_odb.h"
#include "record/mark.h"
#include "record/record_nested.h"
#include "record/record_resolve.h"
#include "repo/repo.h"
#include "verify/verified.h"
#include "view/diff.h"
#include "view/reveal.h"
#include "view/revealed.h"
#include "view/summary.h"
#include "whole/whole.h"

#define MAX_CHANGES 20 /* paths named before "and N more" */

/* What there is to show. A part that could not be read leaves `damage`. */
struct view {
	struct gv_ctx *ctx;
	struct gv_record rec, previous;
	bool has_previous, has_summary, has_diff;
	struct gv_summary sum;
	struct gv_diff diff;
	struct gv_verified verified;
	struct gv_reveal_keys keys;
	struct gv_reveal_out *reveal;
	struct gv_whole whole; /* which environments are */
	bool damaged;
};

struct show_opts {
	struct gv_reveal_opts reveal;
};

static const struct gv_opt opts[] = { GV_REVEAL_OPTS(struct show_opts, reveal),
	GV_IDENTITY_OPT(struct show_opts, reveal.identities), GV_OPT_LAST };

/* --- text --- */

static void
field(struct gv_out *out, const char *name, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	gv_out_paint(out, GV_OUT_HEAD, "%-14s", name);
	gv_out_text(out, value, strlen(value));
	gv_out_printf(out, "\n");
}

static void
list_field(struct gv_out *out, const char *name, char **list, size_t n)
{
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < n; i++)
		gv_buf_addf(&b, "%s%s", i ? ", " : "", list[i]);
	field(out, name, b.p);
	gv_buf_release(&b);
}

static void
print_taken(struct view *v)
{
	const struct gv_record *rec = &v->rec;
	char when[GV_TIME_MAX], age[GV_TIME_MAX];
	int64_t verified;
	struct gv_buf b = GV_BUF_INIT;

	gv_time_rfc3339(when, rec->time);
	gv_time_relative(age, rec->time, v->ctx->now);
	gv_buf_addf(&b, "%s (%s)", when, age);
	field(v->ctx->out, "Taken:", b.p);
	gv_buf_reset(&b);
	gv_buf_addstr(&b, rec->author);
	if (rec->host)
		gv_buf_addf(&b, " on %s", rec->host);
	if (rec->trigger)
		gv_buf_addf(&b, " (%s)", rec->trigger);
	field(v->ctx->out, "By:", b.p);
	gv_buf_reset(&b);
	verified = gv_verified_get(&v->verified, rec->id, &rec->commit);
	if (verified) {
		gv_time_rfc3339(when, verified);
		gv_time_relative(age, verified, v->ctx->now);
		gv_buf_addf(&b, "%s (%s)", when, age);
		field(v->ctx->out, "Verified:", b.p);
	}
	gv_buf_release(&b);
}

/* Those that it was taken with are its own. */
static void
print_tags(struct view *v)
{
	const struct gv_record *rec = &v->rec;
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < rec->n_tags; i++)
		gv_buf_addf(&b, "%s%s", i ? ", " : "", rec->tags[i]);
	if (rec->markless || rec->unmarked)
		gv_buf_addstr(
		    &b, b.len ? " (others are not known)" : "not known");
	field(v->ctx->out, "Tags:", b.p);
	gv_buf_release(&b);
}

static void
print_pin(struct view *v)
{
	const struct gv_record *rec = &v->rec;
	char age[GV_TIME_MAX];
	struct gv_buf b = GV_BUF_INIT;

	if (rec->markless)
		field(v->ctx->out, "Pinned:", "not known");
	if (!rec->pinned)
		return;
	gv_time_relative(age, rec->pin_time, v->ctx->now);
	gv_buf_addf(&b, "%s%s%s", age, rec->pin_reason ? ": " : "",
	    rec->pin_reason ? rec->pin_reason : "");
	field(v->ctx->out, "Pinned:", b.p);
	gv_buf_release(&b);
}

static void
print_whole(struct view *v)
{
	static const char of[] = "states of ";
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	gv_buf_addstr(&b, of);
	gv_whole_out_names(&b, &v->whole);
	if (b.len > sizeof(of) - 1)
		field(v->ctx->out, "Settled:", b.p);
	for (i = 0; i < v->whole.n_envs; i++) {
		gv_buf_reset(&b);
		gv_buf_addstr(&b, of);
		gv_whole_out_broken(&b, &v->whole, i);
		if (b.len > sizeof(of) - 1)
			field(v->ctx->out, "Not settled:", b.p);
	}
	gv_buf_release(&b);
}

static void
print_record(struct view *v)
{
	const struct gv_record *rec = &v->rec;
	struct gv_out *out = v->ctx->out;
	char commit[GV_OID_HEX + 1], base[GV_OID_HEX + 1];
	char size[GV_OUT_SIZE_MAX], files[GV_OUT_SIZE_MAX];
	struct gv_buf b = GV_BUF_INIT;

	gv_out_paint(out, GV_OUT_ID, "snapshot %s\n", rec->id);
	print_taken(v);
	gv_oid_format(commit, &rec->commit);
	gv_oid_format(base, &rec->base);
	field(out, "Branch:", rec->branch ? rec->branch : "none (detached)");
	field(out, "Base:", gv_oid_is_zero(&rec->base) ? "none" : base);
	field(out, "Commit:", commit);
	field(out, "Previous:", rec->previous);
	field(out, "Only:", rec->only);
	gv_record_say_omits(&b, rec);
	field(
	    out, "Without:", rec->omits && gv_buf_check(&b) == 0 ? b.p : NULL);
	gv_buf_reset(&b);
	print_tags(v);
	print_pin(v);
	list_field(
	    out, "Environments:", rec->environments, rec->n_environments);
	print_whole(v);
	gv_out_size(size, rec->bytes);
	gv_out_count(files, rec->files, "file");
	gv_buf_addf(&b, "%s, %s", files, size);
	if (rec->secrets)
		gv_buf_addf(&b, ", %llu encrypted secrets",
		    (unsigned long long)rec->secrets);
	if (!gv_oid_is_zero(&rec->index))
		gv_buf_addstr(&b, ", and a staged tree of its own");
	field(out, "Holds:", b.p);
	gv_buf_release(&b);
}

static void
print_reasons(struct gv_out *out, const char *head,
    const struct gv_summary_list *list, bool reasons)
{
	size_t i;

	if (list->n)
		gv_out_printf(out, "  %s:\n", head);
	for (i = 0; i < list->n && !gv_out_stopped(out); i++) {
		const struct gv_summary_pair *p = &list->items[i];

		gv_out_printf(out, "    ");
		gv_out_path(out, p->key, p->key_len);
		if (reasons && *p->value) {
			gv_out_printf(out, " (");
			gv_out_text(out, p->value, strlen(p->value));
			gv_out_printf(out, ")");
		}
		gv_out_printf(out, "\n");
	}
}

static void
print_counts(struct view *v)
{
	const struct gv_summary *s = &v->sum;
	const struct {
		size_t n;
		const char *one, *many;
	} kinds[] = {
		{ s->files, "file", "files" },
		{ s->directories, "directory", "directories" },
		{ s->links, "symbolic link", "symbolic links" },
		{ s->repositories, "nested repository", "nested repositories" },
		{ s->sparse, "file outside the sparse checkout",
		    "files outside the sparse checkout" },
		{ s->skipped.n, "skipped", "skipped" },
	};
	struct gv_out *out = v->ctx->out;
	const char *lead = "  ";
	size_t i;

	gv_out_paint(out, GV_OUT_HEAD, "\nManifest:\n");
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].n == 0)
			continue;
		gv_out_printf(out, "%s%zu %s", lead, kinds[i].n,
		    kinds[i].n == 1 ? kinds[i].one : kinds[i].many);
		lead = ", ";
	}
	gv_out_printf(out, *lead == ',' ? "\n" : "  nothing\n");
	print_reasons(out, "not stored", &s->skipped, true);
	print_reasons(
	    out, "kept changing while they were read", &s->unstable, false);
}

static void
print_origin(struct view *v)
{
	const struct gv_summary *s = &v->sum;
	struct gv_out *out = v->ctx->out;
	size_t i;

	if (s->repository.n + s->refs + s->submodules.n + s->hooks.n == 0)
		return;
	gv_out_paint(out, GV_OUT_HEAD, "\nOrigin:\n");
	for (i = 0; i < s->repository.n; i++) {
		const struct gv_summary_pair *p = &s->repository.items[i];

		gv_out_printf(out, "  ");
		gv_out_text(out, p->key, p->key_len);
		gv_out_printf(out, ": ");
		gv_out_text(out, p->value, strlen(p->value));
		gv_out_printf(out, "\n");
	}
	gv_out_printf(out, "  %zu ref%s%s%s\n", s->refs,
	    s->refs == 1 ? "" : "s", s->has_config ? ", configuration" : "",
	    s->has_index ? ", conflicts or flags of the index" : "");
	print_reasons(out, "hooks", &s->hooks, false);
	for (i = 0; i < s->submodules.n; i++) {
		const char *line = s->submodules.items[i].value;

		gv_out_printf(out, i ? "    " : "  submodules:\n    ");
		gv_out_text(out, line, strlen(line));
		gv_out_printf(out, "\n");
	}
}

/* How a link differs from the one that the previous snapshot has. */
static const char *
link_change(const struct view *v, const struct gv_record_nested *link)
{
	struct gv_record_nested old;

	if (!v->has_previous)
		return "";
	if (gv_record_nested_at(&old, &v->previous, link->path) == NULL)
		return " (new)";
	return strcmp(old.id, link->id) ? " (changed)" : "";
}

/* Snapshots of repositories inside that belong to this one. */
static void
print_nested(struct view *v)
{
	struct gv_out *out = v->ctx->out;
	struct gv_record_nested link;
	size_t i;

	if (v->rec.n_nested)
		gv_out_paint(out, GV_OUT_HEAD, "\nLinked snapshots:\n");
	for (i = 0; i < v->rec.n_nested; i++) {
		if (gv_record_read_nested(&link, v->rec.nested[i]) < 0)
			continue;
		gv_out_printf(out, "  ");
		gv_out_paint(out, GV_OUT_ID, "%s", link.id);
		gv_out_printf(out, "  ");
		gv_out_path(out, link.path, strlen(link.path));
		gv_out_printf(out, "%s\n", link_change(v, &link));
	}
}

/* With --secrets what the changed ones are. */
static int
print_secrets(struct view *v)
{
	const struct show_opts *o = v->ctx->opts;

	if (!o->reveal.secrets || !v->has_diff)
		return 0;
	gv_out_printf(v->ctx->out, "\n");
	return gv_reveal_out_patch(v->reveal, &v->diff, -1, NULL);
}

static int
print_changes(struct view *v)
{
	struct gv_out *out = v->ctx->out;
	size_t i;
	int r = 0;

	if (v->rec.previous && !v->has_previous && !v->damaged)
		gv_out_printf(out,
		    "\nThe previous snapshot, %s, is no longer here.\n",
		    v->rec.previous);
	if (!v->has_diff)
		return 0;
	gv_out_paint(out, GV_OUT_HEAD, "\nChanges since %s:\n", v->previous.id);
	for (i = 0; r == 0 && i < v->diff.n && i < MAX_CHANGES; i++) {
		gv_out_printf(out, "  ");
		gv_record_out_status(out, &v->diff.changes[i], true);
		r = gv_reveal_out_names(
		    v->reveal, &v->diff.changes[i], "  \t  ");
	}
	if (v->diff.n > MAX_CHANGES)
		gv_out_printf(out,
		    "  and %zu more; 'git vault diff --name-status %s %s' "
		    "lists them\n",
		    v->diff.n - MAX_CHANGES, v->previous.id, v->rec.id);
	gv_out_printf(out, "  ");
	gv_record_out_sum(out, &v->diff);
	return r < 0 ? r : print_secrets(v);
}

/* --- JSON --- */

static void
json_paths(struct gv_json *j, const char *key,
    const struct gv_summary_list *list, bool reasons)
{
	size_t i;

	gv_json_array(j, key);
	for (i = 0; i < list->n; i++) {
		const struct gv_summary_pair *p = &list->items[i];

		if (!reasons) {
			gv_json_path(j, NULL, p->key, p->key_len);
			continue;
		}
		gv_json_object(j, NULL);
		gv_json_path(j, "path", p->key, p->key_len);
		gv_json_string(j, "reason", p->value);
		gv_json_end(j);
	}
	gv_json_end(j);
}

static void
json_summary(struct gv_json *j, const struct gv_summary *s)
{
	size_t i;

	gv_json_object(j, "manifest");
	gv_json_uint(j, "files", s->files);
	gv_json_uint(j, "directories", s->directories);
	gv_json_uint(j, "links", s->links);
	gv_json_uint(j, "repositories", s->repositories);
	gv_json_uint(j, "sparse", s->sparse);
	json_paths(j, "skipped", &s->skipped, true);
	json_paths(j, "unstable", &s->unstable, false);
	gv_json_end(j);
	gv_json_object(j, "origin");
	gv_json_array(j, "repository");
	for (i = 0; i < s->repository.n; i++) {
		const struct gv_summary_pair *p = &s->repository.items[i];

		gv_json_object(j, NULL);
		gv_json_text(j, "key", p->key, p->key_len);
		gv_json_string(j, "value", p->value);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_uint(j, "refs", s->refs);
	gv_json_bool(j, "config", s->has_config);
	json_paths(j, "hooks", &s->hooks, false);
	gv_json_array(j, "submodules");
	for (i = 0; i < s->submodules.n; i++)
		gv_json_string(j, NULL, s->submodules.items[i].value);
	gv_json_end(j);
	gv_json_end(j);
}

static int
print_json(struct view *v)
{
	struct gv_json *j = v->ctx->json;
	size_t i;
	int r = 0;

	gv_json_object(j, NULL);
	gv_record_out_json(j, &v->rec);
	if (v->rec.pinned) {
		gv_json_time(j, "pin_time", v->rec.pin_time);
		gv_json_string(j, "pin_reason", v->rec.pin_reason);
	}
	gv_record_out_verified(j, &v->rec, &v->verified);
	gv_whole_out_json(j, &v->whole);
	gv_json_oid(j, "index", &v->rec.index);
	gv_json_oid(j, "meta", &v->rec.meta);
	if (v->has_summary)
		json_summary(j, &v->sum);
	if (v->has_diff) {
		gv_json_object(j, "changes");
		gv_json_string(j, "since", v->previous.id);
		gv_json_array(j, "paths");
		for (i = 0; r == 0 && i < v->diff.n; i++) {
			gv_json_object(j, NULL);
			gv_record_out_fields(j, &v->diff.changes[i], false);
			r = gv_reveal_out_json(v->reveal, &v->diff.changes[i]);
			gv_json_end(j);
		}
		gv_json_end(j);
		gv_record_out_totals(j, &v->diff);
		gv_json_end(j);
	}
	gv_json_bool(j, "damaged", v->damaged || v->rec.markless);
	gv_json_end(j);
	return r;
}

/* --- gathering --- */

/* A part that is damaged is said and left out; anything else ends us. */
static int
tolerate(struct view *v, int r)
{
	if (r != GV_ECORRUPT && r != GV_ENOTFOUND && r != GV_ERROR)
		return r;
	gv_out_warn(v->ctx->out, "%s", gv_err_message());
	v->damaged = true;
	return 0;
}

static int
compare(struct view *v)
{
	const struct gv_reveal_side from = { .rec = &v->previous },
				    to = { .rec = &v->rec };
	struct gv_diff_opts o = { 0 };
	int r = gv_diff_side_of(&o.from, v->ctx->repo, &v->previous);

	if (r == 0 &&
	    (r = gv_diff_side_of(&o.to, v->ctx->repo, &v->rec)) == 0 &&
	    (r = gv_diff_run(&v->diff, v->ctx->repo, &o)) == 0)
		r = gv_reveal_out_open(
		    &v->reveal, v->ctx, v->ctx->repo, &from, &to, &v->keys);
	v->has_diff = r == 0;
	return r;
}

/* A snapshot counts as neither pinned nor tagged where its marks are lost; who
 * asks is not to take that for what was said of it. */
static int
look_at_marks(struct view *v)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_mark_look(v->ctx->repo);

	gv_mark_tell(&text, &v->rec);
	if (r == 0 && text.len)
		gv_out_warn(v->ctx->out, "%.*s", (int)text.len - 1, text.p);
	gv_buf_release(&text);
	if (r != GV_ECORRUPT)
		return r;
	v->rec.markless = true;
	gv_out_warn(v->ctx->out,
	    "%s; 'git vault repair' brings them back, or lets go of them",
	    gv_err_message());
	return 0;
}

/* How many there are says the commit; which, and where, a list that may be
 * lost. */
static int
look_at_values(struct view *v)
{
	struct gv_revealed *given = NULL;
	struct gv_odb *odb;
	int r = gv_repo_odb(v->ctx->repo, &odb);

	if (r == 0)
		r = gv_revealed_load(&given, odb, &v->rec, GV_REVEALED_TREE);
	gv_revealed_free(given);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		r = gv_err(GV_ECORRUPT,
		    "cannot tell which secrets are encrypted: %s; 'git vault "
		    "repair' may recover the list",
		    gv_err_message());
	return tolerate(v, r);
}

static int
gather(struct view *v)
{
	int r = gv_summary_load(&v->sum, v->ctx->repo, &v->rec);

	v->has_summary = r == 0;
	if ((r = tolerate(v, r)) == 0 && v->has_summary)
		r = look_at_values(v);
	if (r == 0 && (r = look_at_marks(v)) == 0)
		r = tolerate(
		    v, gv_whole_load(&v->whole, v->ctx->repo, &v->rec));
	if (r < 0 || v->rec.previous == NULL)
		return r;
	r = gv_record_resolve(&v->previous, v->ctx->repo,
	    &(struct gv_record_query){ .text = v->rec.previous });
	if (r == GV_ENOTFOUND)
		return 0; /* retention may have dropped it */
	v->has_previous = r == 0;
	if (r == 0)
		r = compare(v);
	return tolerate(v, r);
}

static int
show(struct view *v)
{
	int r = gather(v);

	if (r < 0)
		return r;
	if (v->ctx->json) {
		r = print_json(v);
	} else {
		print_record(v);
		gv_record_out_message(v->ctx->out, &v->rec);
		if (v->has_summary) {
			print_counts(v);
			print_origin(v);
		}
		print_nested(v);
		r = print_changes(v);
	}
	return r < 0 ? r : v->damaged || v->rec.markless ? 3 : 0;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct show_opts *o = ctx->opts;
	struct gv_place place = GV_PLACE_INIT;
	struct view v = { .ctx = ctx, .keys = { .asked = &o->reveal } };
	int i,
	    r = gv_place_open(&place, ctx, argc ? argv[0] : "latest",
		argc > 1 ? argv[1] : NULL);

	if (r == 0 && ctx->json && !place.has_path && o->reveal.secrets) {
		r = gv_err(GV_EUSAGE,
		    "--secrets prints changed lines; leave out --json");
	} else if (r == 0 && place.has_path) {
		gv_content_out_begin(ctx, &place.rec);
		r = gv_content_out_place(ctx, &place, &o->reveal);
	} else if (r == 0) {
		v.rec = place.rec;
		memset(&place.rec, 0, sizeof(place.rec));
		if ((r = gv_verified_load(&v.verified, ctx->repo, ctx->now)) ==
		    0)
			r = show(&v);
	}
	for (i = 2; r == 0 && i < argc; i++) {
		if ((r = gv_place_move(&place, ctx, argv[i])) == 0)
			r = gv_content_out_place(ctx, &place, &o->reveal);
	}
	if (r == 0 && place.has_path)
		gv_content_out_end(ctx);
	r = gv_reveal_out_close(v.reveal, r);
	gv_reveal_keys_close(&v.keys, ctx);
	gv_diff_release(&v.diff);
	gv_whole_release(&v.whole);
	gv_summary_release(&v.sum);
	gv_verified_release(&v.verified);
	gv_record_release(&v.previous);
	gv_record_release(&v.rec);
	gv_place_release(&place);
	return r;
}

const struct gv_cmd cmd_show = {
	.name = "show",
	.summary = "show a snapshot: message, files, and where it came "
		   "from",
	.usage = "[--secrets] [SNAP]\n[--secrets] SNAP PATH...\n"
		 "[--secrets] SNAP:PATH\n[--secrets] PATH@SNAP",
	.group = GV_CMD_LOOK,
	.flags = GV_CMD_REPO | GV_CMD_PAGER | GV_CMD_LINE,
	.opts = opts,
	.opts_size = sizeof(struct show_opts),
	.max_args = -1,
	.args = { GV_OPT_SNAPSHOT, GV_OPT_INSIDE },
	.run = run,
};
