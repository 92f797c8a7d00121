#include <string.h>

#include "git-vault/front/cmd.h"
#include "sandbox/sandbox.h"
#include "sys/self.h"

extern const struct gv_cmd cmd_archive;
extern const struct gv_cmd cmd_artifact;
extern const struct gv_cmd cmd_audit;
extern const struct gv_cmd cmd_cat;
extern const struct gv_cmd cmd_check;
extern const struct gv_cmd cmd_clone;
extern const struct gv_cmd cmd_completion;
extern const struct gv_cmd cmd_component;
extern const struct gv_cmd cmd_config;
extern const struct gv_cmd cmd_delete;
extern const struct gv_cmd cmd_diff;
extern const struct gv_cmd cmd_doctor;
extern const struct gv_cmd cmd_drift;
extern const struct gv_cmd cmd_drill;
extern const struct gv_cmd cmd_plan;
extern const struct gv_cmd cmd_recover;
extern const struct gv_cmd cmd_emergency_card;
extern const struct gv_cmd cmd_env;
extern const struct gv_cmd cmd_graph;
extern const struct gv_cmd cmd_export;
extern const struct gv_cmd cmd_fleet;
extern const struct gv_cmd cmd_fold;
extern const struct gv_cmd cmd_good;
extern const struct gv_cmd cmd_health;
extern const struct gv_cmd cmd_help;
extern const struct gv_cmd cmd_hooks;
extern const struct gv_cmd cmd_import;
extern const struct gv_cmd cmd_init;
extern const struct gv_cmd cmd_key;
extern const struct gv_cmd cmd_list;
extern const struct gv_cmd cmd_log;
extern const struct gv_cmd cmd_metrics;
extern const struct gv_cmd cmd_ls;
extern const struct gv_cmd cmd_overview;
extern const struct gv_cmd cmd_pin;
extern const struct gv_cmd cmd_policy;
extern const struct gv_cmd cmd_project;
extern const struct gv_cmd cmd_projects;
extern const struct gv_cmd cmd_prune;
extern const struct gv_cmd cmd_purge;
extern const struct gv_cmd cmd_repair;
extern const struct gv_cmd cmd_replicate;
extern const struct gv_cmd cmd_restore;
extern const struct gv_cmd cmd_reuse;
extern const struct gv_cmd cmd_rollback;
extern const struct gv_cmd cmd_scan;
extern const struct gv_cmd cmd_schedule;
extern const struct gv_cmd cmd_search;
extern const struct gv_cmd cmd_secret;
extern const struct gv_cmd cmd_serve;
extern const struct gv_cmd cmd_show;
extern const struct gv_cmd cmd_snapshot;
extern const struct gv_cmd cmd_state;
extern const struct gv_cmd cmd_stats;
extern const struct gv_cmd cmd_status;
extern const struct gv_cmd cmd_sync;
extern const struct gv_cmd cmd_tag;
extern const struct gv_cmd cmd_undelete;
extern const struct gv_cmd cmd_undo;
extern const struct gv_cmd cmd_unpin;
extern const struct gv_cmd cmd_verify;
extern const struct gv_cmd cmd_watch;
extern const struct gv_cmd cmd_version;

/* Every command; `git vault help` lists them by group in this order. */
static const struct gv_cmd *const commands[] = {
	&cmd_init,
	&cmd_snapshot,
	&cmd_watch,
	&cmd_schedule,
	&cmd_tag,
	&cmd_pin,
	&cmd_unpin,
	&cmd_overview,
	&cmd_projects,
	&cmd_project,
	&cmd_status,
	&cmd_list,
	&cmd_show,
	&cmd_diff,
	&cmd_log,
	&cmd_search,
	&cmd_reuse,
	&cmd_ls,
	&cmd_cat,
	&cmd_stats,
	&cmd_restore,
	&cmd_drill,
	&cmd_plan,
	&cmd_recover,
	&cmd_emergency_card,
	&cmd_undo,
	&cmd_undelete,
	&cmd_archive,
	&cmd_key,
	&cmd_secret,
	&cmd_scan,
	&cmd_policy,
	&cmd_audit,
	&cmd_env,
	&cmd_component,
	&cmd_config,
	&cmd_drift,
	&cmd_graph,
	&cmd_check,
	&cmd_state,
	&cmd_serve,
	&cmd_good,
	&cmd_rollback,
	&cmd_artifact,
	&cmd_clone,
	&cmd_sync,
	&cmd_replicate,
	&cmd_export,
	&cmd_import,
	&cmd_hooks,
	&cmd_doctor,
	&cmd_health,
	&cmd_metrics,
	&cmd_verify,
	&cmd_fleet,
	&cmd_repair,
	&cmd_prune,
	&cmd_delete,
	&cmd_purge,
	&cmd_fold,
	&cmd_help,
	&cmd_version,
	&cmd_completion,
	NULL,
};

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], GV_SANDBOX_ARG) == 0)
		return gv_sandbox_serve();
	gv_self_seclude();
	gv_self_started(argv[0]);
	return gv_cmd_main(commands, argc, argv);
}
