#include <stdio.h>

#include "config/policy_internal.h"

/* Where the maps of a policy are, and what keys each may have. A key that is
 * in none of these cannot be read, and policy_hold.c has to decide for each of
 * them whether it loosens anything. */
static const struct grammar {
	const char *at;
	const char *const *keys;
} grammar[] = {
	{ "", gv_policy_section_keys },
	{ "access.", gv_policy_access_keys },
	{ "access.rules[].", gv_policy_access_rule_keys },
	{ "check.", gv_policy_lint_keys },
	{ "check.allowed.", gv_policy_source_keys },
	{ "check.ignore[].", gv_policy_ignore_keys },
	{ "check.required[].", gv_policy_required_keys },
	{ "components.*.", gv_policy_component_keys },
	{ "components.*.retention.", gv_policy_limit_keys },
	{ "components.*.schedule.", gv_policy_own_schedule_keys },
	{ "components.*.schedule.retry.", gv_policy_retry_keys },
	{ "config.*.", gv_policy_config_keys },
	{ "config.*.app.", gv_policy_app_keys },
	{ "config.*.app.versions.*.", gv_policy_app_rule_keys },
	{ "config.*.merge.*.", gv_policy_merge_keys },
	{ "config.*.rules[].", gv_policy_config_rule_keys },
	{ "delete.", gv_policy_rollback_keys },
	{ "drills.", gv_policy_drill_keys },
	{ "drills.rules.*.", gv_policy_drill_rule_keys },
	{ "drills.services.*.", gv_policy_drill_service_keys },
	{ "environments.*.", gv_policy_env_keys },
	{ "environments.*.copies.", gv_policy_copies_keys },
	{ "environments.*.retention.", gv_policy_limit_keys },
	{ "good.", gv_policy_good_keys },
	{ "keys.", gv_policy_key_keys },
	{ "points.*.", gv_policy_moment_keys },
	{ "project.", gv_policy_project_keys },
	{ "prune.", gv_policy_rollback_keys },
	{ "retention.", gv_policy_retention_keys },
	{ "retention.*.", gv_policy_limit_keys },
	{ "rollback.", gv_policy_rollback_keys },
	{ "scan.", gv_policy_scan_keys },
	{ "scan.allow[].", gv_policy_allow_keys },
	{ "schedule.*.", gv_policy_schedule_keys },
	{ "schedule.*.retry.", gv_policy_retry_keys },
	{ "scopes.*.", gv_policy_scope_keys },
	{ "secrets.", gv_policy_secrets_keys },
	{ "secrets.paths[].", gv_policy_path_keys },
	{ "secrets.scopes[].", gv_policy_scope_path_keys },
	{ "snapshots.", gv_policy_snapshots_keys },
	{ "snapshots.classes.*.", gv_policy_class_keys },
	{ "snapshots.classes.*.retention.", gv_policy_class_limit_keys },
	{ "state.", gv_policy_state_keys },
	{ "targets.*.", gv_policy_target_keys },
	{ "vaults.*.", gv_policy_vault_keys[GV_POLICY_HASHICORP] },
	{ "vaults.*.", gv_policy_vault_keys[GV_POLICY_AWS] },
	{ "vaults.*.", gv_policy_vault_keys[GV_POLICY_TRANSIT] },
	{ "vaults.*.", gv_policy_vault_keys[GV_POLICY_KMS] },
	{ "vcs.", gv_policy_vcs_keys },
};

int
gv_policy_each_key(int (*fn)(void *ctx, const char *key), void *ctx)
{
	char key[128];
	size_t i, k;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof(grammar) / sizeof(*grammar); i++)
		for (k = 0; r == 0 && grammar[i].keys[k]; k++) {
			snprintf(key, sizeof(key), "%s%s", grammar[i].at,
			    grammar[i].keys[k]);
			r = fn(ctx, key);
		}
	return r;
}
