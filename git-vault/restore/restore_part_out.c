#include "git-vault/restore/restore_part.h"

#include "base/buf.h"
#include "base/path.h"
#include "base/shell.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/opt.h"
#include "git-vault/front/out.h"
#include "git-vault/restore/tear_out.h"
#include "graph/depgraph.h"
#include "record/record.h"
#include "restore/restore.h"

#define SHOWN 3 /* paths that a hint names */

/* ---- what is related ----------------------------------------------------- */

static const char *
kind_of(const struct gv_restore_part *part, const struct gv_related_item *item)
{
	return gv_symbol_edges[part->snap.graph.edges[item->edge].kind];
}

static const struct gv_depgraph_file *
file_of(const struct gv_restore_part *part, uint32_t file)
{
	return &part->snap.graph.files[file];
}

/* "modules/net/main.tf  tf.module of live/prod/main.tf:3" */
static void
print_list(
    const struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	struct gv_out *out = ask->ctx->out;
	size_t i;

	for (i = 0; i < part->related.n; i++) {
		const struct gv_related_item *item = &part->related.items[i];
		const struct gv_depgraph_file *of = file_of(part, item->of);

		gv_out_printf(out, "related: ");
		gv_out_path(out, file_of(part, item->file)->path,
		    file_of(part, item->file)->len);
		gv_out_printf(out, " (%s %s ", kind_of(part, item),
		    item->is_needed ? "of" : "on");
		gv_out_path(out, of->path, of->len);
		gv_out_printf(out, ")\n");
	}
}

static void
add_names(struct gv_buf *out, const struct gv_restore_part *part)
{
	size_t i;

	for (i = 0; i < part->related.n && i < SHOWN; i++) {
		const struct gv_related_item *item = &part->related.items[i];
		const struct gv_depgraph_file *f = file_of(part, item->file);

		gv_buf_addstr(out, i ? ", " : "");
		gv_path_quote(out, f->path, f->len);
		gv_buf_addf(out, " (%s)", kind_of(part, item));
	}
	if (part->related.n > SHOWN)
		gv_buf_addf(out, " and %zu more", part->related.n - SHOWN);
}

/* The command again, with one option more. */
static void
add_paste(
    struct gv_buf *out, const struct gv_restore_part_ask *ask, const char *more)
{
	size_t i;

	gv_cmd_paste(out, ask->ctx);
	gv_buf_addf(out, " restore %s", ask->rec->id);
	if (ask->opts->to) {
		gv_buf_addstr(out, " --to");
		gv_shell_word(out, ask->opts->to);
	} else {
		gv_buf_addstr(out, " --in-place");
	}
	if (ask->opts->delete &&ask->env)
		gv_buf_addstr(out, " --delete");
	if (ask->env) {
		gv_buf_addstr(out, " --env");
		gv_shell_word(out, ask->env);
	}
	if (ask->as) {
		gv_buf_addstr(out, " --as");
		gv_shell_word(out, ask->as);
	}
	if (ask->with_related)
		gv_buf_addstr(out, " --with-related");
	gv_buf_addf(out, " %s", more);
	for (i = 0; i < ask->identities->n; i++) {
		gv_buf_addstr(out, " --identity");
		gv_shell_word(out, ask->identities->items[i]);
	}
	gv_buf_addstr(out, *ask->paths ? " --" : "");
	for (i = 0; ask->paths[i]; i++)
		gv_shell_word(out, ask->paths[i]);
}

static void
print_hint(
    const struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	struct gv_buf names = GV_BUF_INIT, paste = GV_BUF_INIT;
	const size_t n = part->related.n;
	const char *with = ask->env ? "this environment"
	    : ask->paths[1]         ? "these paths"
				    : "this path";

	add_names(&names, part);
	add_paste(&paste, ask, "--with-related");
	if (gv_buf_check(&names) == 0 && gv_buf_check(&paste) == 0) {
		gv_out_say(ask->ctx->out,
		    "%zu file%s that belong%s with %s also differ%s from the "
		    "snapshot: %s",
		    n, n == 1 ? "" : "s", n == 1 ? "s" : "", with,
		    n == 1 ? "s" : "", names.p);
		/* --as writes no others */
		if (ask->as == NULL)
			gv_out_say(ask->ctx->out, "to restore %s too: %s",
			    n == 1 ? "it" : "them", paste.p);
	}
	gv_buf_release(&names);
	gv_buf_release(&paste);
}

/* ---- what would lead nowhere --------------------------------------------- */

/* Whether the snapshot has something of what is missing. */
static bool
may_mend(const struct gv_restore_part *part)
{
	const struct gv_depgraph *g = &part->result.graph;
	size_t i;

	for (i = 0; i < part->tear.n; i++)
		if (part->tear.items[i].is_torn &&
		    part->goes_back[gv_depgraph_file_of(
			g, g->edges[part->tear.items[i].edge].from)])
			return true;
	return false;
}

static void
hint(const struct gv_restore_part_ask *ask, const char *what, const char *more)
{
	struct gv_buf paste = GV_BUF_INIT;

	add_paste(&paste, ask, more);
	if (gv_buf_check(&paste) == 0)
		gv_out_say(ask->ctx->out, "%s: %s", what, paste.p);
	gv_buf_release(&paste);
}

bool
gv_restore_part_is_torn(
    const struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	return part->tear.n_torn && !ask->is_forced;
}

void
gv_restore_part_out_refused(
    const struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	const size_t n = part->tear.n_torn;

	gv_tear_out(ask->ctx->out, &part->tear, &part->result.graph);
	gv_out_error(ask->ctx->out,
	    "restoring environment %s %s would leave %zu reference%s "
	    "dangling, so nothing was changed",
	    ask->env, ask->with_related ? "with its related files" : "alone", n,
	    n == 1 ? "" : "s");
	if (!ask->with_related && !ask->as && may_mend(part))
		hint(ask, "to restore what is missing too", "--with-related");
	hint(ask, "to restore the environment all the same", "--force");
}

static void
print_tear(
    const struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	const size_t n = part->tear.n_torn;

	gv_tear_out(ask->ctx->out, &part->tear, &part->result.graph);
	if (n)
		gv_out_warn(ask->ctx->out,
		    "%zu reference%s dangle%s, since environment %s was "
		    "restored alone",
		    n, n == 1 ? "" : "s", n == 1 ? "s" : "", ask->env);
}

/* ---- all ----------------------------------------------------------------- */

void
gv_restore_part_out(const struct gv_restore_part *part,
    const struct gv_restore_part_ask *ask, bool is_dry)
{
	if (ask->env)
		print_tear(part, ask);
	if (part->related.n == 0)
		return;
	if (is_dry)
		print_list(part, ask);
	if (!ask->with_related)
		print_hint(part, ask);
	else if (part->related.is_cut)
		gv_out_warn(ask->ctx->out,
		    "more than %zu files are related to these, and the others "
		    "are not restored; to restore all files, name no path and "
		    "no environment",
		    part->related.n);
}

void
gv_restore_part_out_json(struct gv_json *j, const struct gv_restore_part *part,
    const struct gv_restore_part_ask *ask)
{
	size_t i;

	gv_json_array(j, "related");
	for (i = 0; i < part->related.n; i++) {
		const struct gv_related_item *item = &part->related.items[i];
		const struct gv_depgraph_file *f = file_of(part, item->file),
					      *of = file_of(part, item->of);
		const uint32_t line = gv_depgraph_line(
		    &part->snap.graph, &part->snap.graph.edges[item->edge]);

		gv_json_object(j, NULL);
		gv_json_path(j, "path", f->path, f->len);
		gv_json_string(j, "kind", kind_of(part, item));
		gv_json_path(j, "of", of->path, of->len);
		gv_json_bool(j, "needed", item->is_needed);
		if (line)
			gv_json_uint(j, "line", line);
		else
			gv_json_null(j, "line");
		gv_json_bool(j, "restored", ask->with_related);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_bool(j, "related_cut", part->related.is_cut);
	if (ask->env == NULL)
		return;
	gv_json_string(j, "environment", ask->env);
	gv_json_bool(j, "done", !gv_restore_part_is_torn(part, ask));
	gv_tear_out_json(j, &part->tear, &part->result.graph);
}
