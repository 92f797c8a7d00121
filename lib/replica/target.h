#ifndef GV_TARGET_H
#define GV_TARGET_H
/*
 * The targets of copies that this clone has: by Git's configuration, and by the
 * policy as far as it was accepted (its section targets).
 *
 *	[vault "target.NAME"]
 *		url = s3://bucket/prefix
 *		region = eu-central-1
 *		encrypt = true
 *
 *	r = gv_targets_load(&all, repo);
 *	t = gv_targets_find(&all, "offsite");
 *	gv_targets_release(&all);
 *
 * An address in the configuration wins. Where it is the policy's, or there is
 * none, region and endpoint are the policy's, too. In any case a copy that the
 * policy wants encrypted is, of two limits the lower one counts, and the
 * configuration adds what only this host can know: a profile, certificates.
 *
 * Credentials are never among them: each kind of store has them from where its
 * own tools do.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/policy.h"

struct gv_buf;
struct gv_config;
struct gv_repo;
struct gv_store_opts;

#define GV_TARGET_NAME_MAX 64

/* What a provider takes, in millionths of its currency; all zero: not known. */
struct gv_target_price {
	uint64_t storage;  /* a GB and month */
	uint64_t requests; /* 1,000 of them that write or list */
	uint64_t traffic;  /* a GB that is read */
	const char *currency;
};

/* Texts are the configuration's, or the policy's; NULL where a setting is
 * missing. */
struct gv_target {
	const char *name, *url;
	const char *region, *endpoint, *ca, *profile, *sse, *sse_key;
	const char *storage_class, *lock_mode;
	int64_t lock_days;
	uint64_t rate;  /* bytes a second; 0: any */
	uint64_t limit; /* bytes that it may store; 0: any */
	bool encrypts;  /* packs and manifests are age files */
	bool bundles;   /* and a bundle for git clone --bundle-uri */
	bool is_auto;   /* sync, watch, hooks and schedules push there */
	bool is_manual; /* … not, says this host */
	struct gv_target_price price;
	/* of the policy: its entry, if the address is from there, and all of
	 * it; NULL: none */
	const struct gv_policy_target *from;
	const struct gv_policy_target *replaced; /* by another address; NULL */
	const struct gv_policy *policy;
};

struct gv_targets {
	struct gv_target *all; /* sorted by name */
	size_t n, cap;
	struct gv_policy policy; /* of gv_targets_load() */
};

/* Read them; the configuration and the policy (NULL: none) must outlive *out.
 * 0; GV_EUSAGE with the setting that is invalid; GV_EREFUSED with the entry of
 * the policy; GV_ENOMEM. To be released in any case. */
int gv_targets_parse(struct gv_targets *out, const struct gv_config *config,
    const struct gv_policy *policy);

/* Read those of a repository by its policy in force; *out must stay where it
 * is. The same, and as gv_team_load(). */
int gv_targets_load(struct gv_targets *out, struct gv_repo *repo);

/* The target of that name, or NULL. */
const struct gv_target *
gv_targets_find(const struct gv_targets *all, const char *name);

/* The same, with a sentence that names those there are. 0; GV_ENOTFOUND. */
int gv_targets_need(const struct gv_target **out, const struct gv_targets *all,
    const char *name);

/* NULL-safe, zeroed ok. */
void gv_targets_release(struct gv_targets *all);

/* Whether it can be the name of a target. */
bool gv_target_is_name(const char *name);

/* What is wrong with an address as a setting: it has a password in it, or is of
 * no store. 0; GV_EUSAGE. */
int gv_target_check_url(const char *url);

/* What of its settings must not be, or not together. 0; GV_EUSAGE. */
int gv_target_check(const struct gv_target *t);

/* Whether the policy lets copies be in its region, which nothing is sent to
 * otherwise: as a question; and 0, or GV_EREFUSED with a sentence. */
bool gv_target_is_refused(const struct gv_target *t);
int gv_target_check_region(const struct gv_target *t);

/* Whether it goes on only because the file's list of regions is not accepted:
 * as a question; and 0, or GV_EREFUSED with a sentence that says so. */
bool gv_target_is_disputed(const struct gv_target *t);
int gv_target_check_disputed(const struct gv_target *t);

/* Append where a target is. Two in one place are lost together: objects of a
 * bucket, an account or a server, and folders of one region, or of none. Pure.
 */
void gv_target_place(struct gv_buf *out, const struct gv_target *t);

/* How its store is opened, at this time. */
void gv_target_opts(
    struct gv_store_opts *out, const struct gv_target *t, int64_t now);

/* Write one into the repository's configuration, or take it away there. 0;
 * GV_EREFUSED where its store cannot do what it asks for; GV_EEXISTS,
 * GV_EUSAGE; GV_ENOTFOUND; GV_ELOCKED; GV_ERROR. (target_edit.c) */
int gv_target_add(const struct gv_targets *all, const struct gv_target *t);
int gv_target_remove(const struct gv_config *config, const char *name);

/* What a provider takes a month for that many bytes, in millionths. Pure. */
uint64_t
gv_target_cost_month(const struct gv_target_price *price, uint64_t bytes);

/* What it takes for that many requests and bytes that were read. Pure. */
uint64_t gv_target_cost_used(
    const struct gv_target_price *price, uint64_t requests, uint64_t read);

/* Read a size such as "500GiB", of at least 1 MiB. 0; GV_EUSAGE. */
int gv_target_parse_limit(uint64_t *out, const char *text);

/* Read an amount such as "0.023" as millionths. 0, or GV_ERROR without a
 * message. */
int gv_target_parse_amount(uint64_t *out, const char *text);

#endif
