#include "replica/target.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/natural.h"
#include "base/vec.h"
#include "policy/team.h"
#include "repo/config.h"
#include "repo/repo.h"
#include "store/store.h"

#define FRONT    "vault.target."
#define DAYS_MAX 36500 /* of a lock */

enum setting_kind {
	TEXT,
	FLAG,
	COUNT,
	AMOUNT,
};

/* The settings of a target, in small letters as the configuration has them. */
static const struct setting {
	const char *name;
	enum setting_kind kind;
	size_t at;
} settings[] = {
	{ "url", TEXT, offsetof(struct gv_target, url) },
	{ "region", TEXT, offsetof(struct gv_target, region) },
	{ "endpoint", TEXT, offsetof(struct gv_target, endpoint) },
	{ "ca", TEXT, offsetof(struct gv_target, ca) },
	{ "profile", TEXT, offsetof(struct gv_target, profile) },
	{ "sse", TEXT, offsetof(struct gv_target, sse) },
	{ "ssekey", TEXT, offsetof(struct gv_target, sse_key) },
	{ "storageclass", TEXT, offsetof(struct gv_target, storage_class) },
	{ "lock", TEXT, offsetof(struct gv_target, lock_mode) },
	{ "lockdays", COUNT, offsetof(struct gv_target, lock_days) },
	{ "rate", COUNT, offsetof(struct gv_target, rate) },
	{ "limit", COUNT, offsetof(struct gv_target, limit) },
	{ "encrypt", FLAG, offsetof(struct gv_target, encrypts) },
	{ "bundles", FLAG, offsetof(struct gv_target, bundles) },
	{ "pricestorage", AMOUNT, offsetof(struct gv_target, price.storage) },
	{ "pricerequests", AMOUNT, offsetof(struct gv_target, price.requests) },
	{ "pricetraffic", AMOUNT, offsetof(struct gv_target, price.traffic) },
	{ "currency", TEXT, offsetof(struct gv_target, price.currency) },
};

bool
gv_target_is_name(const char *name)
{
	static const char may[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	size_t n = strspn(name, may);

	return n > 0 && n <= GV_TARGET_NAME_MAX && name[n] == '\0' &&
	    *name != '-';
}

int
gv_target_parse_amount(uint64_t *out, const char *text)
{
	uint64_t n = 0, unit = 1000000;
	bool behind = false;
	const char *p;

	for (p = text; *p; p++) {
		if (*p == '.' && !behind) {
			behind = true;
			continue;
		}
		if (*p < '0' || *p > '9' || n > UINT64_MAX / 100000000)
			return GV_ERROR;
		if (behind && (unit /= 10) == 0)
			return GV_ERROR;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	*out = n * unit;
	return p == text ? GV_ERROR : 0;
}

int
gv_target_parse_limit(uint64_t *out, const char *text)
{
	struct gv_policy_room room = { 0 };

	if (gv_policy_room_parse(&room, text) < 0 || room.percent)
		return gv_err(GV_EUSAGE,
		    "--limit wants a size such as 500GiB, not '%s'", text);
	*out = room.bytes;
	return 0;
}

/* Parameters of a remote, "rclone:NAME,pass=…:PATH", or one made of them. */
static bool
has_parameters(const char *url)
{
	size_t n;

	if (strncmp(url, "rclone:", 7) != 0)
		return false;
	url += 7;
	n = strcspn(url, ":,=");
	return url[n] == ':' ? n == 0 : url[n] != '\0';
}

/* A name alone is no secret: sftp://backup@host */
static bool
has_password(const char *url)
{
	const char *host = url ? strstr(url, "://") : NULL;
	size_t n = host ? strcspn(host + 3, "/?") : 0;
	const char *at = n ? memchr(host + 3, '@', n) : NULL;

	if (url && has_parameters(url))
		return true;
	return at && memchr(host + 3, ':', (size_t)(at - host - 3));
}

static int
say_password(void)
{
	return gv_err(GV_EUSAGE,
	    "the address or endpoint of a target must not have a password in "
	    "it: git-vault "
	    "finds credentials where the tools of that store keep them");
}

int
gv_target_check(const struct gv_target *t)
{
	if (t->lock_days > DAYS_MAX)
		return gv_err(GV_EUSAGE,
		    "the setting vault.target.%s.lockdays is at most %d",
		    t->name, DAYS_MAX);
	/* no user belongs into an endpoint, with or without a scheme */
	if (has_password(t->url) || (t->endpoint && strchr(t->endpoint, '@')))
		return say_password();
	/* a bundle is for who has no key */
	if (!t->encrypts || !t->bundles)
		return 0;
	return gv_err(GV_EUSAGE,
	    "the target '%s' is encrypted, and a bundle would be in clear: git "
	    "config --unset vault.target.%s.bundles",
	    t->name, t->name);
}

/* A GB has 10^9 bytes, as providers count. */
uint64_t
gv_target_cost_month(const struct gv_target_price *price, uint64_t bytes)
{
	return bytes / 1000 * price->storage / 1000000;
}

uint64_t
gv_target_cost_used(
    const struct gv_target_price *price, uint64_t requests, uint64_t read)
{
	return requests * price->requests / 1000 +
	    read / 1000 * price->traffic / 1000000;
}

int
gv_target_check_url(const char *url)
{
	if (!gv_store_is_url(url))
		return gv_err(GV_EUSAGE,
		    "the address of a target must begin with the name of a "
		    "store, such as s3://BUCKET/PREFIX or file:///DIR");
	if (has_password(url))
		return say_password();
	if (strpbrk(url, "\n\r\t "))
		return gv_err(
		    GV_EUSAGE, "the address of a target has a blank in it");
	return 0;
}

static int
set(struct gv_target *t, const struct setting *s, const struct gv_config *c,
    const struct gv_config_entry *entry)
{
	char *at = (char *)t + s->at;
	const char *value = entry->value ? entry->value : "";
	int64_t n;

	switch (s->kind) {
	case TEXT:
		*(const char **)at = *value ? value : NULL;
		return 0;
	case FLAG:
		*(bool *)at = gv_config_bool(c, entry->key, false);
		return 0;
	case COUNT:
		n = gv_config_int(c, entry->key, -1);
		*(int64_t *)at = n < 0 ? 0 : n;
		return n < 0
		    ? gv_err(GV_EUSAGE, "the setting %s must be a number",
			  entry->key)
		    : 0;
	case AMOUNT:
	default:
		return gv_target_parse_amount((uint64_t *)at, value) == 0
		    ? 0
		    : gv_err(GV_EUSAGE,
			  "the setting %s must be an amount such as 0.023",
			  entry->key);
	}
}

static struct gv_target *
find(const struct gv_targets *all, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (strncmp(all->all[i].name, name, len) == 0 &&
		    all->all[i].name[len] == '\0')
			return &all->all[i];
	return NULL;
}

const struct gv_target *
gv_targets_find(const struct gv_targets *all, const char *name)
{
	return find(all, name, strlen(name));
}

static int
take_name(struct gv_target **out, struct gv_targets *all, const char *name,
    size_t len)
{
	char *copy;
	int r;

	if ((*out = find(all, name, len)))
		return 0;
	if ((r = GV_GROW(all->all, all->n, all->cap)) < 0)
		return r;
	if ((copy = strndup(name, len)) == NULL)
		return gv_err_nomem();
	all->all[all->n] = (struct gv_target){ .name = copy };
	*out = &all->all[all->n++];
	return 0;
}

static int
take(struct gv_targets *all, const struct gv_config *c,
    const struct gv_config_entry *entry)
{
	const char *name = entry->key + strlen(FRONT);
	const char *dot = strrchr(name, '.');
	struct gv_target *t;
	size_t i;
	int r;

	if (dot == NULL || dot == name)
		return 0;
	if ((r = take_name(&t, all, name, (size_t)(dot - name))) < 0)
		return r;
	if (!gv_target_is_name(t->name))
		return gv_err(GV_EUSAGE,
		    "the name of the target in %s must be letters, digits, "
		    "'_' and '-'",
		    entry->key);
	if (strcmp(dot + 1, "auto") == 0) {
		t->is_auto = gv_config_bool(c, entry->key, false);
		t->is_manual = !t->is_auto;
		return 0;
	}
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (strcmp(dot + 1, settings[i].name) == 0)
			return set(t, &settings[i], c, entry);
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct gv_target *x = a, *y = b;

	return gv_natural_compare(x->name, y->name);
}

/* What the policy asks of a target wherever it is. */
static void
take_stricter(struct gv_target *t, const struct gv_policy_target *p)
{
	t->encrypts |= p->encrypts;
	if (p->limit && (t->limit == 0 || p->limit < t->limit))
		t->limit = p->limit;
}

/* The policy's word comes first where it says where the target is: a region or
 * endpoint of this host's would lead elsewhere, or past residency. */
static int
take_policy(struct gv_targets *all, const struct gv_policy_target *p)
{
	struct gv_target *t;
	int r;

	if (!gv_target_is_name(p->name))
		return gv_err(GV_EREFUSED,
		    ".gitvault.yaml:%u: the name of a target must be letters, "
		    "digits, '_' and '-'",
		    p->line);
	if ((r = take_name(&t, all, p->name, strlen(p->name))) < 0)
		return r;
	take_stricter(t, p);
	if (t->url && strcmp(t->url, p->url) != 0) {
		t->replaced = p;
		return 0;
	}
	t->region = p->region ? p->region : t->region;
	t->endpoint = p->endpoint ? p->endpoint : t->endpoint;
	if (t->url)
		return 0;
	if (gv_target_check_url(p->url) < 0)
		return gv_err_in(GV_EREFUSED, ".gitvault.yaml:%u", p->line);
	t->url = p->url;
	t->from = p;
	t->is_auto = !p->is_manual && !t->is_manual;
	return 0;
}

int
gv_targets_parse(struct gv_targets *out, const struct gv_config *config,
    const struct gv_policy *policy)
{
	size_t i, n = 0;
	int r = 0;

	memset(out, 0, sizeof(*out));
	for (i = 0; r == 0 && i < config->n; i++)
		if (strncmp(config->entries[i].key, FRONT, strlen(FRONT)) == 0)
			r = take(out, config, &config->entries[i]);
	for (i = 0; r == 0 && policy && i < policy->targets.n; i++)
		r = take_policy(out, &policy->targets.items[i]);
	for (i = 0; i < out->n; i++)
		out->all[i].policy = policy;
	/* one without an address is a rest of what was removed */
	for (i = 0; i < out->n; i++) {
		if (out->all[i].url)
			out->all[n++] = out->all[i];
		else
			free((void *)(uintptr_t)out->all[i].name);
	}
	out->n = n;
	for (i = 0; r == 0 && i < out->n; i++)
		r = gv_target_check(&out->all[i]);
	if (out->n)
		qsort(out->all, out->n, sizeof(*out->all), compare);
	return r;
}

int
gv_targets_load(struct gv_targets *out, struct gv_repo *repo)
{
	struct gv_policy policy;
	size_t i;
	int r = gv_team_load(&policy, repo);

	memset(out, 0, sizeof(*out));
	if (r < 0)
		return r;
	r = gv_targets_parse(out, &repo->config, &policy);
	out->policy = policy;
	for (i = 0; i < out->n; i++)
		out->all[i].policy = &out->policy;
	return r;
}

int
gv_targets_need(const struct gv_target **out, const struct gv_targets *all,
    const char *name)
{
	struct gv_buf names = GV_BUF_INIT;
	size_t i;
	int r;

	if ((*out = gv_targets_find(all, name)))
		return 0;
	for (i = 0; i < all->n; i++)
		gv_buf_addf(&names, "%s%s", i ? ", " : "", all->all[i].name);
	r = all->n == 0
	    ? gv_err(GV_ENOTFOUND,
		  "this host has no target '%s', and no other; for how to add "
		  "one: git vault help replicate",
		  name)
	    : gv_err(GV_ENOTFOUND,
		  "this host has no target '%s'; its targets are: %s", name,
		  names.p);
	gv_buf_release(&names);
	return r;
}

void
gv_targets_release(struct gv_targets *all)
{
	size_t i;

	if (all == NULL)
		return;
	for (i = 0; i < all->n; i++)
		free((void *)(uintptr_t)all->all[i].name);
	free(all->all);
	gv_policy_release(&all->policy);
	memset(all, 0, sizeof(*all));
}

void
gv_target_opts(
    struct gv_store_opts *out, const struct gv_target *t, int64_t now)
{
	*out = (struct gv_store_opts){ .ca = t->ca,
		.profile = t->profile,
		.region = t->region,
		.endpoint = t->endpoint,
		.sse = t->sse,
		.sse_key = t->sse_key,
		.storage_class = t->storage_class,
		.lock_mode = t->lock_mode,
		.lock_until = t->lock_days > 0 ? now + t->lock_days * 86400 : 0,
		.limit = t->rate };
}
