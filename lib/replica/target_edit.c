#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "replica/target.h"
#include "repo/config.h"
#include "store/store.h"
#include "vault/setting.h"

#define FRONT "vault.target."

static int
write(const char *name, const char *key, const char *value)
{
	struct gv_buf full = GV_BUF_INIT;
	int r;

	if (value == NULL)
		return 0;
	gv_buf_addf(&full, FRONT "%s.%s", name, key);
	if ((r = gv_buf_check(&full)) == 0)
		r = gv_setting_add(full.p, value);
	gv_buf_release(&full);
	return r;
}

static int
write_number(const char *name, const char *key, int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)n);
	return n > 0 ? write(name, key, text) : 0;
}

/* The address comes last: without it there is no target yet. */
static int
write_all(const struct gv_target *t)
{
	const struct {
		const char *key, *value;
	} texts[] = { { "region", t->region }, { "endpoint", t->endpoint },
		{ "ca", t->ca }, { "profile", t->profile }, { "sse", t->sse },
		{ "sseKey", t->sse_key }, { "storageClass", t->storage_class },
		{ "lock", t->lock_mode },
		{ "encrypt", t->encrypts ? "true" : NULL },
		{ "bundles", t->bundles ? "true" : NULL },
		{ "auto", t->is_auto ? "true" : NULL } };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof(texts) / sizeof(texts[0]); i++)
		r = write(t->name, texts[i].key, texts[i].value);
	if (r < 0 ||
	    (r = write_number(t->name, "lockDays", t->lock_days)) < 0 ||
	    (r = write_number(t->name, "rate", (int64_t)t->rate)) < 0 ||
	    (r = write_number(t->name, "limit", (int64_t)t->limit)) < 0)
		return r;
	return write(t->name, "url", t->url);
}

/* What its store cannot do is refused now, and not by the first push. Nothing
 * is asked of the store: a disk that is not mounted is no reason. */
static int
check_store(const struct gv_target *t)
{
	struct gv_store *store = NULL;
	struct gv_store_opts opts;
	int r;

	gv_target_opts(&opts, t, 0);
	r = gv_store_open(&store, t->url, &opts);
	gv_store_close(store);
	return r == GV_EREFUSED || r == GV_ENOMEM ? r : 0;
}

int
gv_target_add(const struct gv_targets *all, const struct gv_target *t)
{
	const struct gv_target *other = gv_targets_find(all, t->name);
	int r;

	if (!gv_target_is_name(t->name))
		return gv_err(GV_EUSAGE,
		    "the name of a target must be letters, digits, '_' and "
		    "'-', at most %d of them",
		    GV_TARGET_NAME_MAX);
	if (other)
		return gv_err(GV_EEXISTS,
		    "there is a target '%s' already, at %s; to remove it: git "
		    "vault replicate remove %s",
		    t->name, other->url, t->name);
	if ((r = gv_target_check_url(t->url)) < 0 ||
	    (r = gv_target_check(t)) < 0 || (r = check_store(t)) < 0)
		return r;
	return write_all(t);
}

int
gv_target_remove(const struct gv_config *config, const char *name)
{
	struct gv_buf front = GV_BUF_INIT;
	const char *key;
	size_t i, n = 0;
	int r;

	gv_buf_addf(&front, FRONT "%s.", name);
	r = gv_buf_check(&front);
	for (i = 0; r == 0 && i < config->n; i++) {
		key = config->entries[i].key;
		if (config->entries[i].scope != GV_CONFIG_LOCAL ||
		    strncmp(key, front.p, front.len) != 0)
			continue;
		n++;
		r = gv_setting_del(key, NULL);
	}
	if (r == 0 && n == 0)
		r = gv_err(GV_EREFUSED,
		    "the target '%s' is not of this repository: remove it "
		    "where git config --show-origin --get vault.target.%s.url "
		    "finds it",
		    name, name);
	gv_buf_release(&front);
	return r;
}
