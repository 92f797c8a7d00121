#ifndef GV_POLICY_INTERNAL_H
#define GV_POLICY_INTERNAL_H
/*
 * What the readers of the policy's sections share: policy.c reads the file and
 * its retention, policy_access.c who may change what, policy_component.c
 * about components and points, policy_target.c about copies in stores
 * elsewhere, policy_env.c what is said
 * of an environment, policy_good.c about known-good records, policy_drill.c
 * about drills, policy_schedule.c about when drills are due, policy_config.c
 * about layers of configuration, policy_app.c about the application that reads
 * them, policy_lint.c about checks of the tree,
 * policy_project.c about the project, policy_rollback.c about rollbacks,
 * policy_scan.c what about the scanner, policy_secrets.c about secrets,
 * policy_snapshots.c about what snapshots hold, policy_state.c about states,
 * policy_vault.c about vaults of others, policy_vcs.c about working copies of
 * Subversion and Mercurial. Include it nowhere else.
 */

#include "config/policy.h"

/* The keys that each map of the policy may have, NULL behind the last.
 * policy_grammar.c says where each map is. */
extern const char *const gv_policy_section_keys[];
extern const char *const gv_policy_access_keys[];
extern const char *const gv_policy_access_rule_keys[];
extern const char *const gv_policy_retention_keys[];
extern const char *const gv_policy_limit_keys[];
extern const char *const gv_policy_good_keys[];
extern const char *const gv_policy_drill_keys[];
extern const char *const gv_policy_drill_rule_keys[];
extern const char *const gv_policy_drill_service_keys[];
extern const char *const gv_policy_component_keys[];
extern const char *const gv_policy_moment_keys[];
extern const char *const gv_policy_copies_keys[];
extern const char *const gv_policy_target_keys[];
extern const char *const gv_policy_project_keys[];
extern const char *const gv_policy_rollback_keys[];
extern const char *const gv_policy_key_keys[];
extern const char *const gv_policy_scan_keys[];
extern const char *const gv_policy_allow_keys[];
extern const char *const gv_policy_secrets_keys[];
extern const char *const gv_policy_scope_path_keys[];
extern const char *const gv_policy_path_keys[];
extern const char *const gv_policy_snapshots_keys[];
extern const char *const gv_policy_class_keys[];
extern const char *const gv_policy_class_limit_keys[];
extern const char *const gv_policy_vcs_keys[];
extern const char *const gv_policy_state_keys[];
extern const char *const gv_policy_lint_keys[];
extern const char *const gv_policy_ignore_keys[];
extern const char *const gv_policy_required_keys[];
extern const char *const gv_policy_source_keys[];
extern const char *const gv_policy_scope_keys[];
extern const char *const gv_policy_schedule_keys[];
extern const char *const gv_policy_own_schedule_keys[];
extern const char *const gv_policy_retry_keys[];
extern const char *const gv_policy_config_keys[];
extern const char *const gv_policy_merge_keys[];
extern const char *const gv_policy_config_rule_keys[];
extern const char *const gv_policy_app_keys[];
extern const char *const gv_policy_app_rule_keys[];

#define GV_POLICY_VAULT_KINDS 4
#define GV_POLICY_VAULT_KEYS  9
extern const char
    *const gv_policy_vault_keys[GV_POLICY_VAULT_KINDS][GV_POLICY_VAULT_KEYS];

/* Where in a file a value stands. */
struct gv_policy_place {
	const char *file;
	const struct gv_yaml_node *key, *value;
};

bool gv_policy_is_known(const char *const *names, const char *name);

/* GV_EREFUSED: a key that is not in `names`, with the nearest of them, or with
 * all if no name is similar; a value that must be `want`. */
int gv_policy_unknown_key(
    const struct gv_policy_place *at, const char *const *names);
int gv_policy_wrong(const struct gv_policy_place *at, const char *want);

/* GV_EREFUSED: the key there can be the name of no environment. */
int gv_policy_check_env(const struct gv_policy_place *at);

/* Read each pair of the map that stands there, by fn(out, pair), up to the
 * first failure; nothing where it is null; GV_EREFUSED where it is no map, and
 * so not `want`. */
typedef int gv_policy_fn(void *out, const struct gv_policy_place *at);
int gv_policy_each(const struct gv_policy_place *at, const char *want,
    gv_policy_fn *fn, void *out);

int gv_policy_read_bool(bool *out, const struct gv_policy_place *at);

/* A text that is not empty. */
int gv_policy_read_text(const char **out, const struct gv_policy_place *at);

/* The same of what can be the name of an environment. */
int gv_policy_read_env(const char **out, const struct gv_policy_place *at);

/* The section access. */
int gv_policy_read_access(
    struct gv_policy_access *out, const struct gv_policy_place *section);
void gv_policy_access_release(struct gv_policy_access *access);

/* The section secrets. */
int gv_policy_read_secrets(
    struct gv_policy_secrets *out, const struct gv_policy_place *section);

/* The section scan. */
int gv_policy_read_scan(
    struct gv_policy_scan *out, const struct gv_policy_place *section);

/* The section good. */
int gv_policy_read_goods(
    struct gv_policy_goods *out, const struct gv_policy_place *section);

/* The section keys. */
int gv_policy_read_keys(
    struct gv_policy_keys *out, const struct gv_policy_place *section);

/* The section drills; then that validators without a command have one among the
 * checks of known-good records. */
int gv_policy_read_drills(
    struct gv_policy_drills *out, const struct gv_policy_place *section);
int gv_policy_check_drills(struct gv_policy *policy, const char *file);

/* The sections components and points; then whether points name components. */
int gv_policy_read_components(
    struct gv_policy_components *out, const struct gv_policy_place *section);
int gv_policy_read_moments(
    struct gv_policy_moments *out, const struct gv_policy_place *section);
int gv_policy_check_moments(const struct gv_policy *policy, const char *file);
void gv_policy_components_release(struct gv_policy_components *components);
void gv_policy_moments_release(struct gv_policy_moments *moments);

/* The copies of an environment, and the section targets. */
int gv_policy_read_copies(
    struct gv_policy_env *out, const struct gv_policy_place *at);
int gv_policy_read_targets(
    struct gv_policy_targets *out, const struct gv_policy_place *section);
void gv_policy_targets_release(struct gv_policy_targets *targets);

/* The section project. */
int gv_policy_read_project(
    struct gv_policy_project *out, const struct gv_policy_place *section);

/* The section schedule; the key of that name of a component; then whether the
 * schedules name components that there are, and those of components as further
 * ones behind them. */
int gv_policy_read_schedules(
    struct gv_policy_schedules *out, const struct gv_policy_place *section);
int gv_policy_read_own_schedule(
    struct gv_policy_schedule *out, const struct gv_policy_place *at);
int gv_policy_check_schedules(struct gv_policy *policy, const char *file);
void gv_policy_schedules_release(struct gv_policy_schedules *schedules);

/* The section config. */
int gv_policy_read_configs(
    struct gv_policy_configs *out, const struct gv_policy_place *section);
int gv_policy_read_config_rules(
    struct gv_policy_config *out, const struct gv_policy_place *at);
void gv_policy_configs_release(struct gv_policy_configs *configs);

/* The section app of a set, and whether one asks less than another did. */
int gv_policy_read_app(
    struct gv_policy_app *out, const struct gv_policy_place *section);
void gv_policy_app_release(struct gv_policy_app *app);
bool gv_policy_app_is_laxer(
    const struct gv_policy_app *was, const struct gv_policy_app *now);
/* Whether it has commands that another one (NULL: none) does not have. */
bool gv_policy_app_has_more(
    const struct gv_policy_app *now, const struct gv_policy_app *was);

/* Add one text, or a list of them; paths must be inside of the tree. */
int gv_policy_read_texts(struct gv_policy_texts *out,
    const struct gv_policy_place *at, bool are_paths);

/* Whether a text is a path, or a pattern of paths, from the top. */
bool gv_policy_is_inside(const char *text);

/* One or several branches of the environment that is the key. */
int gv_policy_read_branches(struct gv_policy_goods *out, const char *env,
    const struct gv_policy_place *at);

/* The section rollback; a key of it, also of an environment. */
int gv_policy_read_rollbacks(
    struct gv_policy_approval *out, const struct gv_policy_place *section);
int gv_policy_read_approval(
    struct gv_policy_approval *out, const struct gv_policy_place *at);

/* The section environments, and then whether each fits the others. */
int gv_policy_read_envs(
    struct gv_policy *out, const struct gv_policy_place *section);
int gv_policy_check_envs(const struct gv_policy *policy, const char *file);
void gv_policy_envs_release(struct gv_policy_envs *envs);

/* The number of a key; -1: it is no list, no time. */
int gv_policy_env_list_of(const char *key);
int gv_policy_env_time_of(const char *key);

/* Add a text to a list. 0 or GV_ENOMEM. */
int gv_policy_add_text(struct gv_policy_texts *out, const char *text);

/* Whether a text is a window in which nothing is changed. */
bool gv_policy_is_freeze(const char *text);

/* A key of limits; the map of a lane or an environment. */
int gv_policy_read_limit(void *limits, const struct gv_policy_place *at);

/* How states are sealed. */
int
gv_policy_read_seal(enum gv_policy_seal *out, const struct gv_policy_place *at);

/* A number of copies or approvals up to 100. */
int gv_policy_read_count(unsigned *out, const struct gv_policy_place *at);

/* A duration without months, in seconds. */
int gv_policy_read_time(int64_t *out, const struct gv_policy_place *at);

/* The section check. */
int gv_policy_read_lint(
    struct gv_policy_lint *out, const struct gv_policy_place *section);
void gv_policy_lint_release(struct gv_policy_lint *lint);

/* Whether fewer findings refuse a push by one of two levels. */
bool gv_policy_is_push_laxer(enum gv_policy_level a, enum gv_policy_level than);

/* The section vcs. */
int gv_policy_read_vcs(
    struct gv_policy_vcs *out, const struct gv_policy_place *section);

/* The section snapshots. */
int gv_policy_read_snapshots(
    struct gv_policy_snapshots *out, const struct gv_policy_place *section);

/* The key classes of that section. */
int gv_policy_read_classes(struct gv_policy_class classes[GV_CLASSES],
    const struct gv_policy_place *at);
void gv_policy_classes_release(struct gv_policy_class classes[GV_CLASSES]);

/* Whether a node is a pattern of gitignore(5) that brings nothing in. 0 or
 * GV_EREFUSED. */
int gv_policy_check_pattern(
    const struct gv_policy_place *at, const struct gv_yaml_node *node);

/* The section state. */
int gv_policy_read_states(
    struct gv_policy_states *out, const struct gv_policy_place *section);

/* The sections vaults and scopes, and then whether each fits the other. */
int gv_policy_read_vaults(
    struct gv_policy_vaults *out, const struct gv_policy_place *section);
int gv_policy_read_scopes(
    struct gv_policy_vaults *out, const struct gv_policy_place *section);
int gv_policy_check_vaults(struct gv_policy_vaults *vaults, const char *file);

#endif
