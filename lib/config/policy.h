#ifndef GV_POLICY_H
#define GV_POLICY_H
/*
 * The team's policy, .gitvault.yaml at the top of the working tree: what it
 * says about retention, about what the scanner finds and about what is
 * withheld, as values that are checked. The words of retention are those of the
 * command line.
 *
 *	struct gv_policy policy = GV_POLICY_INIT;
 *	r = gv_policy_parse(&policy, ".gitvault.yaml", bytes, len);
 *	r = gv_policy_set(&policy.retention, "keep-daily", "30");
 *	gv_policy_release(&policy);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/policy_copies.h"
#include "config/policy_dumps.h"
#include "config/policy_job.h"
#include "config/policy_limits.h"
#include "infra/class.h"

struct gv_yaml;
struct gv_yaml_node;

enum gv_policy_group {
	GV_POLICY_HOST = 1 << 0,
	GV_POLICY_BRANCH = 1 << 1,
	GV_POLICY_ENV = 1 << 2,
	GV_POLICY_TRIGGER = 1 << 3,
};

/* Why a snapshot was taken. Retention judges each lane by itself, and the
 * policy may give it limits of its own, so that snapshots of programs never
 * push out those of people. */
enum gv_policy_lane {
	GV_POLICY_MANUAL, /* a person, or no known trigger */
	GV_POLICY_HOOK,
	GV_POLICY_SCHEDULE,
	GV_POLICY_CI,
	GV_POLICY_WATCH,
	GV_POLICY_SAFETY,
	GV_POLICY_OTHER, /* a trigger of a later version; not in the policy */
	GV_POLICY_LANES
};

/* "manual", "hook" …; NULL for GV_POLICY_OTHER. */
extern const char *const gv_policy_lanes[GV_POLICY_LANES];

struct gv_policy_rules {
	struct gv_policy_limits all; /* for lanes without limits of their own */
	struct gv_policy_limits lanes[GV_POLICY_LANES];
	/* environments, of which each may keep more; borrowed, NULL: none */
	const struct gv_policy_envs *envs;
	char **tags; /* each one tag, or several with ',' between: all */
	size_t n_tags;
	unsigned group_by; /* of enum gv_policy_group */
	bool has_group_by; /* it was said */
};

/* A finding that is known and may be: of all conditions that are given. */
struct gv_policy_allowance {
	const char *fingerprint, *value; /* digests */
	const char *path;                /* a pattern: gv_glob_match() */
	const char *rule;                /* an id */
	const char *reason;              /* NULL: it does not count */
	int64_t ends;                    /* from here on it does not count */
	unsigned line;
};

/* What is said of a rule. */
struct gv_policy_change {
	const char *rule;
	const char *severity; /* NULL: it is switched off */
	unsigned line;
	bool is_raise; /* nobody accepted it: passed over where there is no
			  such rule, or where it is a lower severity */
};

struct gv_policy_scan {
	struct gv_policy_allowance *allow;
	size_t n_allow, cap_allow;
	struct gv_policy_change *changes;
	size_t n_changes, cap_changes;
	const struct gv_yaml_node *rules; /* of the team; NULL: none */
};

/* How a file is kept. */
enum gv_policy_keep {
	GV_POLICY_AS_USUAL,
	GV_POLICY_CLEAR,  /* as it is */
	GV_POLICY_VALUES, /* without what is found in it */
	GV_POLICY_SEALED, /* sealed as a whole */
};

/* Which scope files are of, or how they are kept: the first that matches. */
struct gv_policy_path {
	const char *path;  /* a pattern: gv_glob_match() */
	const char *scope; /* or */
	enum gv_policy_keep keep;
};

struct gv_policy_secrets {
	const char *withhold; /* the least grade; NULL: nothing is said */
	struct gv_policy_path *scopes, *paths;
	size_t n_scopes, cap_scopes, n_paths, cap_paths;
	/* with is_double, paths of another policy: of what the two say of a
	 * file, the stricter counts */
	struct gv_policy_path *also;
	size_t n_also;
	bool is_double;
};

enum gv_policy_kind {
	GV_POLICY_HASHICORP, /* keeps values: KV, version 2 */
	GV_POLICY_AWS,       /* keeps values: Secrets Manager */
	GV_POLICY_TRANSIT,   /* wraps keys: Transit of the first */
	GV_POLICY_KMS,       /* wraps keys: KMS of the second */
};

/* An external vault. This says where it is, never how to log in.
 * NULL if the policy does not say it and there is no default. */
struct gv_policy_vault {
	const char *name;
	enum gv_policy_kind kind;
	const char *address; /* https://… */
	const char *mount;   /* "secret", or "transit" */
	const char *path;    /* what all paths begin with: "git-vault" */
	const char *space;   /* a namespace */
	const char *role;    /* by which a pod of Kubernetes gets in */
	const char *region;
	const char *key; /* that wraps */
	unsigned line;
};

enum gv_policy_where {
	GV_POLICY_IN_GIT,
	GV_POLICY_IN_VAULT, /* git has a reference only */
	GV_POLICY_IN_BOTH,
};

/* Where the values of a scope are kept. */
struct gv_policy_scope {
	const char *name;
	enum gv_policy_where keep;
	const struct gv_policy_vault *vault; /* NULL: in git */
	const char *vault_name;
	unsigned line;
};

struct gv_policy_vaults {
	struct gv_policy_vault *all;
	size_t n, cap;
	struct gv_policy_scope *scopes;
	size_t n_scopes, cap_scopes;
};

/* How versions of states are sealed. */
enum gv_policy_seal {
	GV_POLICY_SEAL_FULL,
	GV_POLICY_SEAL_SENSITIVE, /* what is sensitive in them */
	GV_POLICY_SEAL_NONE,
	GV_POLICY_SEALS
};

/* "full" … */
extern const char *const gv_policy_seals[GV_POLICY_SEALS];

struct gv_policy_states {
	bool are_left;            /* a snapshot saves no versions of them */
	enum gv_policy_seal seal; /* where nothing is said of an environment */
};

/* A command that says by its exit status whether a deployment is good. */
struct gv_policy_check {
	const char *name, *command; /* for sh -c */
	unsigned line;
};

/* What comes to these branches is deployed to an environment. */
struct gv_policy_branch {
	const char *env;
	const char *pattern; /* of their names: gv_policy_is_branch() */
};

struct gv_policy_goods {
	struct gv_policy_check *checks; /* in the order of the file */
	size_t n, cap;
	bool are_signed; /* what is not signed by one of these is no record */
	const char **signers; /* names of the keyring, or keys; none: whoever is
				 in it, or git trusts */
	size_t n_signers, cap_signers;
	struct gv_policy_branch *branches; /* the same */
	size_t n_branches, cap_branches;
	int64_t drilled; /* as GV_POLICY_ENV_DRILLED, of any environment */
};

/* What is asked of the keys of the keyring. */
struct gv_policy_keys {
	int64_t lasts; /* how old one may be, in seconds; 0: not said */
};

#define GV_POLICY_APPROVAL_LASTS ((int64_t)24 * 60 * 60) /* by itself */

/* Who has to approve that an environment is rolled back. */
struct gv_policy_approval {
	const char *env;        /* NULL: whichever is not named */
	bool is_counted;        /* `wanted` was said */
	unsigned wanted;        /* how many; 0: nobody is asked */
	const char **approvers; /* names of the keyring; none: whoever is in
				   it */
	size_t n_approvers, cap_approvers;
	int64_t lasts; /* how long one counts, in seconds; 0: not said */
};

/* Ways to remove snapshots, each of which others may have to approve. */
enum gv_policy_removal {
	GV_POLICY_DELETE,
	GV_POLICY_PRUNE,
	GV_POLICY_REMOVALS
};

/* "delete", "prune": their sections. */
extern const char *const gv_policy_removals[GV_POLICY_REMOVALS];

/* Lists of texts that are said of an environment. */
enum gv_policy_env_list {
	GV_POLICY_ENV_PATHS,   /* patterns, or folders */
	GV_POLICY_ENV_KEYS,    /* FILE#KEY: parts of a file */
	GV_POLICY_ENV_ALIASES, /* other words for it in names */
	GV_POLICY_ENV_AFTER,   /* environments that come before it */
	GV_POLICY_ENV_REGION,
	GV_POLICY_ENV_ACCOUNT,
	GV_POLICY_ENV_FUNCTIONS, /* of the business, that it serves */
	GV_POLICY_ENV_FREEZE,    /* when nothing is changed: policy_freeze.c */
	GV_POLICY_ENV_LISTS
};

/* Durations, in seconds; 0: nothing is said. */
enum gv_policy_env_time {
	GV_POLICY_ENV_EVERY,   /* how often a snapshot is taken */
	GV_POLICY_ENV_RTO,     /* how long a recovery may take */
	GV_POLICY_ENV_RPO,     /* how old what is recovered may be */
	GV_POLICY_ENV_DRILLED, /* how long ago a drill has passed before a
				  record is good */
	GV_POLICY_ENV_TIMES
};

/* What is said of an environment. */
struct gv_policy_env {
	const char *name;
	unsigned line;
	bool is_new; /* nobody accepted it: it names no files */
	struct gv_policy_texts lists[GV_POLICY_ENV_LISTS];
	int64_t times[GV_POLICY_ENV_TIMES];
	const char *tier;    /* "dev", "test", "staging", "prod"; NULL */
	const char *extends; /* the environment it is made like; NULL */
	unsigned copies;     /* how many remotes have what it needs; 0: any */
	struct gv_policy_copies durable; /* … and targets have its snapshots */
	bool has_seal;
	bool is_automatic; /* a pipeline may roll it back by itself */
	enum gv_policy_seal seal;
	struct gv_policy_limits retention;
	struct gv_policy_approval approval;
};

struct gv_policy_envs {
	struct gv_policy_env *items; /* in the order of the file */
	size_t n, cap;
};

/* How much the vault may take: bytes, or a part of the disk. Both 0: any. */
struct gv_policy_room {
	uint64_t bytes;
	unsigned percent;
};

/* Which files are in snapshots beside what the conventions say: patterns of
 * gitignore(5). What is to be in wins. */
struct gv_policy_snapshots {
	const char **include, **exclude;
	size_t n_include, cap_include, n_exclude, cap_exclude;
	struct gv_policy_room limit;
	/* with is_class_double, what another policy says of paths and languages
	 * as well: of the two, the higher class counts (policy/classes.h) */
	struct gv_policy_class classes[GV_CLASSES], classes_also[GV_CLASSES];
	bool is_class_double;
};

/* How many seconds a change of a class waits at most; how long its automatic
 * saves stay: all, and the last of each hour, day and week. (policy_class.c) */
int64_t
gv_policy_class_every(const struct gv_policy_class *of, enum gv_class class);
void gv_policy_class_keep(
    int64_t out[GV_POLICY_CLASS_PERIODS], const struct gv_policy_class *of);

/* Of working copies of Subversion and Mercurial. */
struct gv_policy_vcs {
	bool
	    omits_base; /* files that are as a revision are named, not stored */
};

/* Read "20GiB", "500 MiB" or "10%", of at least 1 MiB and at most 90 %.
 * 0 or GV_EREFUSED, without a message. (policy_room.c) */
int gv_policy_room_parse(struct gv_policy_room *out, const char *text);

/* The one of two that lets more stay; where they cannot be compared, none. */
struct gv_policy_room gv_policy_room_most(
    const struct gv_policy_room *a, const struct gv_policy_room *b);

/* What it is in bytes on a disk of that size; 0: any. */
uint64_t gv_policy_room_bytes(const struct gv_policy_room *room, uint64_t disk);

/* What a finding of `git vault check` counts as. */
enum gv_policy_level {
	GV_POLICY_LEVEL_UNSAID = -1,
	GV_POLICY_LEVEL_OFF,
	GV_POLICY_LEVEL_NOTE,
	GV_POLICY_LEVEL_WARNING,
	GV_POLICY_LEVEL_ERROR,
};

/* "off", "note", "warning", "error"; NULL behind the last. */
extern const char *const gv_policy_levels[];

struct gv_policy_level_of {
	const char *rule; /* its id, a group such as "tf", or "*" */
	enum gv_policy_level level;
	unsigned line;
};

/* Findings that are allowed: of all conditions that are given. */
struct gv_policy_lint_ignore {
	const char *rule; /* as above; NULL: of any */
	const char *path; /* a pattern: gv_glob_match(); NULL: everywhere */
	const char *reason;
	int64_t ends; /* from here on it does not count */
	unsigned line;
};

/* Files and keys that have to be there. */
struct gv_policy_required {
	const char *path;             /* a pattern of folders, or of files */
	struct gv_policy_texts files; /* in each folder that matches */
	struct gv_policy_texts keys;  /* in each file that matches */
	unsigned line;
};

/* What comes from elsewhere. */
enum gv_policy_source {
	GV_POLICY_MODULES,
	GV_POLICY_CHARTS,
	GV_POLICY_IMAGES,
	GV_POLICY_ACTIONS,
	GV_POLICY_SOURCES
};

/* "modules" … */
extern const char *const gv_policy_sources[GV_POLICY_SOURCES];

/* What is said of `git vault check`. */
struct gv_policy_lint {
	struct gv_policy_level_of *levels;
	size_t n_levels, cap_levels;
	struct gv_policy_lint_ignore *ignores;
	size_t n_ignores, cap_ignores;
	const char *baseline;             /* a path from the top; NULL */
	struct gv_policy_texts protected; /* patterns of paths */
	struct gv_policy_required *required;
	size_t n_required, cap_required;
	/* SOURCE, or SOURCE@VERSION: patterns; with has_allowed nothing else
	 * may be used */
	struct gv_policy_texts allowed[GV_POLICY_SOURCES];
	bool has_allowed[GV_POLICY_SOURCES];
	/* findings from this level on refuse a push; OFF: pushes are not
	 * checked, which is the default */
	enum gv_policy_level push;
};

/* What a drill asks of what came back: of each file that a pattern matches, of
 * a state, or of the snapshot. */
struct gv_policy_drill_rule {
	const char *name;
	const char *file;     /* a pattern: gv_glob_match(); at least one is
				 there. NULL */
	const char *key;      /* a path in it, as of gv_doc_find(); or NULL */
	const char *value;    /* that it has; NULL: any */
	int64_t certificate;  /* seconds that those in it are still valid */
	const char *state;    /* ENVIRONMENT/STACK; NULL */
	uint64_t least, most; /* resources */
	int64_t age;          /* seconds that the snapshot may be old */
	unsigned line;
	bool has_most;
};

/* A server that the commands of a drill need. */
struct gv_policy_drill_service {
	const char *name;  /* a word: it is a folder, too */
	const char *run;   /* a command that stays */
	const char *ready; /* one that succeeds once it answers */
	unsigned line;
};

struct gv_policy_drills {
	struct gv_policy_drill_rule *rules;
	size_t n_rules, cap_rules;
	struct gv_policy_check *validators;
	size_t n_validators, cap_validators;
	struct gv_policy_texts without; /* built-in ones that are not run */
	struct gv_policy_drill_service *services; /* in the order of the file */
	size_t n_services, cap_services;
};

/* How the values of a path are merged: names as in layer/layer.h. */
struct gv_policy_merge {
	const char *path, *way; /* "replace" ... "by" */
	const char *by;         /* of the way "by": the key */
	unsigned line;
};

/* A schema of a set; with a provider, of what is for that alone. */
struct gv_policy_schema_of {
	const char *path, *provider; /* NULL: for all */
	unsigned line;
};

/* What has to hold between keys: `key` is one that all but one_of have. */
enum gv_policy_config_rule_kind {
	GV_POLICY_REQUIRES, /* where the key is set, all of `keys` are */
	GV_POLICY_EXCLUDES, /* ... none of them is */
	GV_POLICY_ONE_OF,   /* exactly one of `keys` is set */
	GV_POLICY_AT_LEAST, /* `than`: a number, or another key */
	GV_POLICY_AT_MOST,
	GV_POLICY_EQUAL_ACROSS,  /* the same in environments; none: in all */
	GV_POLICY_UNIQUE_ACROSS, /* different in services; none: in all */
	GV_POLICY_CONFIG_RULES
};

/* "requires" ... */
extern const char *const gv_policy_config_rules[];

struct gv_policy_config_rule {
	enum gv_policy_config_rule_kind kind;
	const char *key, *is; /* `is`: only where the key has this value */
	const char *than, *message; /* NULL: a message is made */
	struct gv_policy_texts keys;
	unsigned line;
};

/* What the versions of an application in a range need of their configuration.
 */
struct gv_policy_app_rule {
	const char *range;               /* gv_semver_is_range() */
	struct gv_policy_texts services; /* that it is for; none: all */
	struct gv_policy_texts requires, forbids;
	/* was[i] is the name of is[i] in versions before the range */
	struct gv_policy_texts was, is;
	const char *message; /* NULL: a message is made */
	unsigned line;
};

/* The application that reads a configuration. */
struct gv_policy_app {
	const char *version; /* the key that has its version; NULL: none */
	struct gv_policy_app_rule *rules; /* in the order of the file */
	size_t n_rules, cap_rules;
	struct gv_policy_check *checks; /* the team's own commands */
	size_t n_checks, cap_checks;
};

/* A set of layers that give a configuration together. */
struct gv_policy_config {
	const char *name;
	struct gv_policy_texts layers; /* patterns, the lowest first */
	struct gv_policy_texts providers, services;
	/* the program that keeps the layers, and its arguments; none: they are
	 * files */
	struct gv_policy_texts storage;
	struct gv_policy_merge *merges;
	size_t n_merges, cap_merges;
	struct gv_policy_schema_of *schemas;
	size_t n_schemas, cap_schemas;
	struct gv_policy_config_rule *rules;
	size_t n_rules, cap_rules;
	struct gv_policy_app app;
	const char *open, *close; /* of names; NULL: as usual */
	bool is_template, null_deletes;
	unsigned line;
};

struct gv_policy_configs {
	struct gv_policy_config *items; /* in the order of the file */
	size_t n, cap;
};

#define GV_POLICY_ACCESS_VALID ((int64_t)14 * 24 * 60 * 60) /* by default */

/* Who may change what. A change is of a rule where it fits all of its paths,
 * keys and environment; all rules that it is of have to hold. */
struct gv_policy_access_rule {
	struct gv_policy_texts
	    paths;                   /* patterns: GV_GLOB_PATHNAME; none: any */
	struct gv_policy_texts keys; /* patterns of keys; none: any */
	const char *env;             /* NULL: any */
	struct gv_policy_texts roles;  /* who may change it; none: anybody */
	struct gv_policy_texts by;     /* who approves; none: `roles` */
	struct gv_policy_texts freeze; /* windows in which nobody may */
	unsigned approvals;
	bool lets_author; /* approvals of the author count */
	int64_t valid;    /* seconds that an approval counts; never 0 */
	unsigned line;
};

struct gv_policy_role {
	const char *name;
	struct gv_policy_texts people; /* names of the keyring */
	unsigned line;
};

/* What a host calls somebody of the keyring. */
struct gv_policy_account {
	const char *account, *name;
};

struct gv_policy_access {
	struct gv_policy_access_rule *rules; /* in the order of the file */
	size_t n_rules, cap_rules;
	struct gv_policy_role *roles;
	size_t n_roles, cap_roles;
	struct gv_policy_account *accounts;
	size_t n_accounts, cap_accounts;
	struct gv_policy_texts branches;  /* protected; none: HEAD's alone */
	const char *identity, *authorize; /* commands; NULL: none */
	bool has_accounts;
};

/* What a project is, for lists of projects. It decides nothing. */
struct gv_policy_project {
	const char *name, *client, *phase;  /* NULL: it does not say */
	struct gv_policy_texts stack, tags; /* none: it does not say */
	struct gv_policy_texts parts;       /* folders of the repository */
	struct gv_policy_texts related;     /* names of other projects */
};

struct gv_policy {
	struct gv_policy_rules retention;
	struct gv_policy_scan scan; /* texts are borrowed from `yaml` */
	struct gv_policy_secrets secrets;
	struct gv_policy_vaults vaults;
	struct gv_policy_states states;
	struct gv_policy_goods goods;
	struct gv_policy_keys keys;
	struct gv_policy_drills drills;
	struct gv_policy_approval rollbacks; /* of any environment */
	unsigned rollback_line;
	struct gv_policy_approval removals[GV_POLICY_REMOVALS];
	unsigned removal_lines[GV_POLICY_REMOVALS];
	struct gv_policy_envs envs;
	struct gv_policy_snapshots snapshots;
	struct gv_policy_vcs vcs;
	/* with is_lint_double, what another policy says as well: of the two,
	 * the stricter counts (gv_policy_lints()) */
	struct gv_policy_lint lint, lint_also;
	bool is_lint_double;
	/* the same: gv_policy_drill_every() */
	struct gv_policy_schedules schedules, schedules_also;
	bool is_schedule_double;
	/* The sets in force; of the accepted ones, schemas and rules count as
	 * well, and so does a set that only they have. */
	struct gv_policy_configs configs, configs_also;
	struct gv_policy_project project;
	/* where copies go, and the regions that they may be in, as accepted;
	 * residency_also is what the file says (gv_policy_lets_region()) */
	struct gv_policy_targets targets;
	struct gv_policy_texts residency, residency_also;
	/* all of these as accepted, for they are commands */
	struct gv_policy_components components;
	struct gv_policy_moments moments;
	/* as the file has it; of the commands, what is accepted */
	struct gv_policy_access access;
	struct gv_yaml *yaml;
	struct gv_yaml *accepted; /* gv_policy_hold(): texts of this, too */
	bool has_retention;       /* there is such a section */
	bool automatic;           /* prune by itself after a snapshot */
	bool is_accepted;         /* all of it, as it is (policy/consent.h) */
};

#define GV_POLICY_INIT                                                         \
	{                                                                      \
		.automatic = false                                             \
	}

/* Read a file's bytes; `name` is for messages. 0; GV_EREFUSED where it is no
 * YAML, or has an unknown key or a wrong value, with "NAME:LINE: " and the
 * nearest known key in the message; GV_ENOMEM. `out` is to be released on
 * success only. */
int gv_policy_parse(
    struct gv_policy *out, const char *name, const char *data, size_t len);

void gv_policy_release(struct gv_policy *policy);

/* The component, or the point, of that name; NULL. (policy_component.c) */
const struct gv_policy_component *
gv_policy_component(const struct gv_policy *policy, const char *name);
const struct gv_policy_moment *
gv_policy_moment(const struct gv_policy *policy, const char *name);

/* Visit every key of the grammar, a map in a map after a dot: "scan.allow",
 * "environments.*.seal" (any name), "secrets.paths[].keep" (of a list).
 * fn's first value that is not 0, or 0. */
int gv_policy_each_key(int (*fn)(void *ctx, const char *key), void *ctx);

/* Whether a branch, by its name without refs/heads/, is one of those. */
bool
gv_policy_is_branch(const struct gv_policy_branch *one, const char *branch);

/* Set one rule: keep-last, keep-secondly … keep-yearly, keep-within,
 * keep-within-hourly …, keep-tag (adds), group-by. 0; GV_ENOTFOUND without a
 * message where there is no such rule; GV_EUSAGE where the value is invalid
 * for it; GV_ENOMEM. Unchanged on failure. */
int gv_policy_set(
    struct gv_policy_rules *rules, const char *name, const char *value);

/* The same for the limits of a lane, which has only keep-last to
 * keep-within-yearly. */
int gv_policy_set_limit(
    struct gv_policy_limits *limits, const char *name, const char *value);

/* Whether any rule for all lanes keeps snapshots. */
bool gv_policy_keeps(const struct gv_policy_rules *rules);

/* Fill in the default for what the rules leave open: groups by host and branch,
 * and, if no rule for all lanes keeps snapshots, 24 hourly, 30 daily, 12
 * weekly, 12 monthly. Returns whether these limits were filled in. */
bool gv_policy_complete(struct gv_policy_rules *rules);

/* The limits of a lane: its own, or else those of all lanes. Safety snapshots
 * take only keep-within from the latter: a count would keep copies of files
 * that were replaced long ago, and safety snapshots are kept for two weeks
 * anyway. */
void gv_policy_limits_of(struct gv_policy_limits *out,
    const struct gv_policy_rules *rules, enum gv_policy_lane lane);

void gv_policy_rules_release(struct gv_policy_rules *rules);

#define GV_POLICY_NAME_MAX 64 /* characters */

/* Whether it can be the name of an environment or of another scope, which is a
 * component of a ref: at most that many letters, digits and ._- of ASCII, a
 * letter or digit first, and what git takes. */
bool gv_policy_is_name(const char *text);

/* The vault of that name; NULL where there is none. */
const struct gv_policy_vault *
gv_policy_vault(const struct gv_policy *policy, const char *name);

/* What is said of a scope; NULL where nothing is: it is kept in git. */
const struct gv_policy_scope *
gv_policy_scope(const struct gv_policy *policy, const char *name);

/* What is said of an environment; NULL where nothing is. */
const struct gv_policy_env *
gv_policy_env(const struct gv_policy *policy, const char *name);

/* The set of that name; NULL where there is none. */
const struct gv_policy_config *
gv_policy_config(const struct gv_policy_configs *configs, const char *name);

/* Whether somebody has accepted who keeps the layers of a set: the program that
 * it names, or that it names none. */
bool gv_policy_storage_is_accepted(
    const struct gv_policy *policy, const struct gv_policy_config *set);

/* Whether a set (NULL: none) has this very check of its application. */
bool gv_policy_app_has_check(
    const struct gv_policy_app *in, const struct gv_policy_check *check);

/* The same of a command of the team in config.SET.app.checks. */
bool gv_policy_app_is_accepted(const struct gv_policy *policy,
    const struct gv_policy_config *set, const struct gv_policy_check *check);

/* Within how many seconds a drill has to pass: of an environment by its own
 * schedules, else by those of all; NULL: by these. Never 0. */
int64_t gv_policy_drill_every(const struct gv_policy *policy, const char *env);

/* How many seconds ago at most a drill has passed before a record of the
 * environment is good; 0: none is asked for. */
int64_t gv_policy_drilled(const struct gv_policy *policy, const char *env);

/* The keys that an environment may have, NULL behind the last. */
extern const char *const gv_policy_env_keys[];

struct gv_buf;

/* Append what a policy says of an environment by that key, or of all of them
 * where it says nothing of this one: texts with ", " between. Nothing where it
 * is not said and has no default. */
void gv_policy_env_text(struct gv_buf *out, const struct gv_policy *policy,
    const char *env, const char *key);

/* The line of the policy's own file that says so, and in *section where it is:
 * "environments", "rollback" or "state"; 0 and NULL: it is the default. */
unsigned gv_policy_env_line(const struct gv_policy *policy, const char *env,
    const char *key, const char **section);

/* The role of that name; NULL where the policy has none. */
const struct gv_policy_role *
gv_policy_role(const struct gv_policy_access *access, const char *name);

struct gv_zone;

/* A window that is open. */
struct gv_policy_frozen {
	const char *text;  /* as the policy has it */
	int64_t ends;      /* in UTC */
	bool is_uncertain; /* nobody here knows its time zone: it is taken for
			      as long as it can be anywhere */
};

/* The zone of a name; NULL where it is not known. */
typedef const struct gv_zone *gv_policy_zone_fn(void *ctx, const char *name);

/* Whether a window of a list of GV_POLICY_ENV_FREEZE is open at a time: *out is
 * the one that ends last. `find` may be NULL: then no zone is known. */
bool gv_policy_freeze_at(struct gv_policy_frozen *out,
    const struct gv_policy_texts *freeze, int64_t now, gv_policy_zone_fn *find,
    void *ctx);

/* Append the windows of an environment, and of those it extends: how many
 * there are. What is in *out is the caller's to free. */
size_t gv_policy_freeze_of(struct gv_policy_texts *out,
    const struct gv_policy *policy, const char *env);

/* How versions of the states of an environment are sealed. */
enum gv_policy_seal
gv_policy_seal_of(const struct gv_policy *policy, const char *env);

/* What holds for the rollbacks of an environment, all of it said; lists are
 * borrowed. */
struct gv_policy_approval
gv_policy_approval_of(const struct gv_policy *policy, const char *env);

/* The same for a way to remove snapshots. */
struct gv_policy_approval gv_policy_approval_to(
    const struct gv_policy *policy, enum gv_policy_removal removal);

/* What counts of the section check: one or two, each of which has to allow what
 * is allowed. Returns how many; they are borrowed. */
size_t gv_policy_lints(
    const struct gv_policy_lint *out[2], const struct gv_policy *policy);

/* What a rule counts as by one of them: by what is said of its id, else of its
 * group, else of all. GV_POLICY_LEVEL_UNSAID where nothing is. */
enum gv_policy_level
gv_policy_lint_level(const struct gv_policy_lint *lint, const char *rule);

/* From which level on findings refuse a push. */
enum gv_policy_level gv_policy_push_level(const struct gv_policy *policy);

/* Read a day such as 2027-01-31: *ends is when it is over, in UTC. 0, or
 * GV_ERROR without a message for an invalid day. */
int gv_policy_parse_day(int64_t *ends, const char *text, size_t len);

/* Read a duration: restic's 1y5m7d2h, borg's 2d, 12H, 3w, 6m, 1y, also
 * together; M are minutes, S seconds. 0 or GV_EUSAGE. */
int gv_policy_parse_span(struct gv_policy_span *out, const char *text);

/* Subtract the duration in `text` from `now`: 30d, 26h, 1y6m. 1 with *out set;
 * 0 if `text` does not have the form of a duration; GV_EUSAGE if a number is
 * too large or a unit unknown; GV_EREFUSED if its m may mean months or minutes.
 */
int gv_policy_ago(int64_t *out, const char *text, int64_t now);

#endif
