#ifndef GV_NOTIFY_ASK_H
#define GV_NOTIFY_ASK_H
/*
 * Conditions that other commands of git-vault find: differences between
 * environments, configuration that is invalid, certificates that expire,
 * approvals that are wanted or were refused. Each is asked only where a target
 * wants its event.
 *
 *	r = gv_notify_ask(&health, repo, &ask);
 *
 * The commands' own texts may quote files, so only numbers, places and names
 * are passed on.
 */

#include <stdint.h>

struct gv_notify_health;
struct gv_notify_targets;
struct gv_repo;
struct gv_unjson_node;

struct gv_notify_ask {
	const char *self; /* this program */
	int64_t now;
	const struct gv_notify_targets *targets; /* what they want is asked */
};

/* Add what they find, and which events could not be looked for. 0; GV_ERROR,
 * with the others' conditions added, where a command failed; GV_ECANCELED;
 * GV_ENOMEM. */
int gv_notify_ask(struct gv_notify_health *health, struct gv_repo *repo,
    const struct gv_notify_ask *ask);

/* Add by the answer of `drift --all`, `config validate --all`, `check --rule
 * cert/expiry` or `audit list --kind config-refuse`; `env` is that of which
 * configurations were asked, else NULL. Pure functions. 0 or GV_ENOMEM. */
int gv_notify_ask_drift(struct gv_notify_health *health,
    const struct gv_unjson_node *root, const char *env);
int gv_notify_ask_config(struct gv_notify_health *health,
    const struct gv_unjson_node *root, const char *env);
int gv_notify_ask_certificates(struct gv_notify_health *health,
    const struct gv_unjson_node *root, const char *env);
int gv_notify_ask_refused(struct gv_notify_health *health,
    const struct gv_unjson_node *root, const char *env);

#endif
