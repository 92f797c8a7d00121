#include "git-vault/state/state.h"

#include <string.h>

#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/state/state_out.h"
#include "statelock/statelock.h"

static const char *
where(const struct gv_statelock *lock)
{
	return lock->is_here ? lock->is_there ? "both" : "here" : "remote";
}

static void
print_row(struct gv_ctx *ctx, const struct gv_statelock *lock)
{
	const struct gv_state_opts *o = ctx->opts;
	const struct gv_statelock_record *rec = &lock->record;
	char age[GV_TIME_MAX] = "-";

	if (rec->has_time)
		gv_time_relative(age, rec->time, ctx->now);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, lock->env);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, lock->stack);
	if (o->serve.remote)
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, where(lock));
	if (lock->damage) {
		gv_out_cell_text(ctx->out, GV_OUT_REMOVED, "damaged");
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, "-");
		gv_out_cell_text(ctx->out, GV_OUT_DIM, "-");
		gv_out_cell_text(ctx->out, GV_OUT_ID, "-");
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, lock->damage);
		return;
	}
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, *rec->who ? rec->who : "-");
	gv_out_cell_text(
	    ctx->out, GV_OUT_PLAIN, *rec->operation ? rec->operation : "-");
	gv_out_cell_text(ctx->out, GV_OUT_DIM, age);
	gv_out_cell_id(ctx->out, GV_OUT_ID, rec->id);
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, rec->info);
}

static void
print_text(struct gv_ctx *ctx, const struct gv_statelock_list *list)
{
	static const struct gv_out_column all[] = { { .head = "ENV" },
		{ .head = "STACK" }, { .head = "WHERE" }, { .head = "WHO" },
		{ .head = "OPERATION" }, { .head = "AGE", .whole = true },
		{ .head = "ID", .whole = true },
		{ .head = "INFO", .wrap = true } };
	const struct gv_state_opts *o = ctx->opts;
	struct gv_out_column columns[8];
	size_t i, n = 0;

	for (i = 0; i < 8; i++)
		if (i != 2 || o->serve.remote)
			columns[n++] = all[i];
	gv_out_columns(ctx->out, columns, n);
	for (i = 0; i < list->n; i++)
		print_row(ctx, &list->locks[i]);
	gv_out_columns_end(ctx->out);
}

static void
print_json(struct gv_ctx *ctx, const struct gv_statelock_list *list)
{
	const struct gv_state_opts *o = ctx->opts;
	struct gv_json *j = ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "remote", o->serve.remote);
	gv_json_array(j, "locks");
	for (i = 0; i < list->n; i++) {
		const struct gv_statelock *lock = &list->locks[i];

		gv_json_object(j, NULL);
		gv_state_out_lock(j, lock);
		if (lock->record.has_time)
			gv_json_int(j, "age_seconds",
			    lock->record.time > ctx->now
				? 0
				: ctx->now - lock->record.time);
		else
			gv_json_null(j, "age_seconds");
		gv_json_bool(j, "future",
		    lock->record.has_time && lock->record.time > ctx->now);
		gv_json_bool(j, "here", lock->is_here);
		if (o->serve.remote)
			gv_json_bool(j, "there", lock->is_there);
		else
			gv_json_null(j, "there");
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

int
gv_state_locks(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_state_opts *o = ctx->opts;
	struct gv_statelock_list list;
	int r =
	    gv_statelock_list_load(&list, ctx->repo, o->serve.remote, ctx->now);

	(void)argc;
	(void)argv;
	if (r < 0)
		return r;
	if (list.unmended)
		gv_out_warn(ctx->out, "%s", list.unmended);
	if (ctx->json)
		print_json(ctx, &list);
	else
		print_text(ctx, &list);
	gv_statelock_list_release(&list);
	return 0;
}
