#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "policy/classes.h"
#include "safe/safe.h"
#include "record/record.h"
#include "snapshot/snapshot_internal.h"

/* Larger files are stored in chunks where nothing else is set. */
#define CHUNK_THRESHOLD ((uint64_t)32 * 1024 * 1024)

/* vault.chunkThreshold: a size, or a boolean. */
static int
set_threshold(struct gv_snapshot_run *run)
{
	static const char key[] = "vault.chunkthreshold";
	const struct gv_config *config = &run->repo->config;
	const char *value = gv_config_get(config, key);
	int64_t size = gv_config_int(config, key, -1);

	run->chunk_threshold = CHUNK_THRESHOLD;
	if (value == NULL)
		return 0;
	if (size >= 0)
		run->chunk_threshold = (uint64_t)size;
	else if (!gv_config_bool(config, key, true))
		run->chunk_threshold = 0;
	else if (value[0] == '-' || !gv_config_bool(config, key, false))
		return gv_err(GV_EUSAGE,
		    "vault.chunkThreshold is '%s', which is no size; set it to "
		    "one such as 32m, or to false",
		    value);
	return 0;
}

/* Those that nobody asks for may come every minute. */
static bool
is_frequent(const char *trigger)
{
	return trigger &&
	    (strcmp(trigger, "hook") == 0 || strcmp(trigger, "watch") == 0);
}

static struct gv_survey_opts
survey_of(const struct gv_snapshot_opts *opts)
{
	return (struct gv_survey_opts){ .said = &opts->said,
		.threads = opts->threads,
		.all_refs = !opts->dry_run,
		.daily = is_frequent(opts->trigger),
		.is_auto = opts->is_auto,
		/* what is about to be overwritten is looked at for certain */
		.hints = opts->trigger == NULL ||
		    strcmp(opts->trigger, GV_RECORD_SAFETY) != 0,
		/* what was asked for by name, or is about to be replaced */
		.stores_base = opts->n_only > 0 ||
		    (opts->trigger &&
			strcmp(opts->trigger, GV_RECORD_SAFETY) == 0),
		.may_write = !opts->dry_run };
}

int
gv_snapshot_open(struct gv_snapshot_run *run)
{
	struct gv_survey_opts opts = survey_of(run->opts);
	int r;

	opts.stores_base |= run->stores_base;
	if ((r = gv_survey_open(&run->survey, &opts)) < 0 ||
	    (r = set_threshold(run)) < 0)
		return r;
	run->copy.omits = run->survey.base.tool != NULL;
	run->copy.stores_base = run->stores_base;
	if (run->opts->is_auto && !run->opts->dry_run &&
	    (r = gv_classes_leave(run->repo, &run->survey.wish.classes)) < 0)
		return r;
	if (!run->opts->dry_run && (r = gv_snapshot_search_open(run)) < 0)
		return r;
	return gv_survey_take(&run->survey, &opts);
}

void
gv_snapshot_close(struct gv_snapshot_run *run)
{
	size_t i;

	if (run->lane)
		gv_pack_lane_close(run->lane);
	gv_pack_free(run->pack);
	gv_safe_close(run->withhold.safe);
	if (run->withhold.screen && !run->withhold.looks)
		gv_screen_save(run->withhold.screen);
	gv_screen_free(run->withhold.screen);
	gv_withheld_release(&run->withheld);
	gv_withheld_release(&run->index_withheld);
	free(run->held.parents);
	free(run->held.out);
	gv_withheld_release(&run->meta_withheld);
	for (i = 0; i < run->n_twins; i++)
		free(run->twins[i].path);
	free(run->twins);
	free(run->instead);
	gv_survey_close(&run->survey);
	free(run->chunked);
	free(run->ready);
	gv_buf_release(&run->layer);
	gv_buf_release(&run->cipher_paths);
	gv_map_release(&run->ciphered);
	gv_arena_release(&run->arena);
	gv_refs_release(&run->states);
	pthread_mutex_destroy(&run->withhold.safe_lock);
	pthread_mutex_destroy(&run->lock);
	pthread_cond_destroy(&run->wake);
}

void
gv_snapshot_release(struct gv_snapshot *out)
{
	size_t i;

	if (out == NULL)
		return;
	gv_survey_found_release(&out->found);
	for (i = 0; i < out->n_entries; i++)
		free(out->entries[i].path);
	for (i = 0; i < out->n_nested; i++)
		gv_nested_release(&out->nested[i]);
	for (i = 0; i < out->n_exposed; i++)
		free(out->exposed[i].path);
	for (i = 0; i < out->n_states; i++) {
		free(out->states[i].path);
		free(out->states[i].env);
		free(out->states[i].stack);
		free(out->states[i].damage);
		free(out->states[i].why);
	}
	free(out->states);
	free(out->states_why);
	free(out->held);
	free(out->exposed);
	free(out->identity);
	free(out->print);
	free(out->unreached);
	free(out->shut);
	free(out->unmerged);
	free(out->nested);
	free(out->entries);
	memset(out, 0, sizeof(*out));
}
