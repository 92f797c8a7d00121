#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "doctor/doctor_internal.h"
#include "doctor/doctor_judge.h"
#include "key/keyfile.h"
#include "key/keyring.h"
#include "policy/team.h"
#include "sys/env.h"

#define DAY ((int64_t)86400)

/* ---- which is this host's ------------------------------------------------ */

static const struct gv_keyring_recipient *
own_of(const struct gv_keyring *k)
{
	const struct gv_keyring_recipient *who = NULL;
	struct gv_identity_list ids = GV_IDENTITY_LIST_INIT;
	const char *named = gv_env_get("GIT_VAULT_IDENTITY");
	struct gv_keyfile_look look;
	struct gv_buf path = GV_BUF_INIT;
	char *before = gv_err_save();
	size_t i;
	int r = 0;

	if (named)
		gv_buf_addstr(&path, named);
	else
		r = gv_keyfile_default(&path);
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_keyfile_read(&ids, &look, path.p, NULL);
	for (i = 0; r == 0 && who == NULL && i < ids.n; i++)
		r = gv_keyring_identify(&who, k, &ids.all[i]);
	gv_identity_list_release(&ids);
	gv_buf_release(&path);
	gv_err_restore(before);
	return who;
}

/* One that takes a passphrase or a service is not asked for. */
static void
find_own(struct gv_doctor_report *report)
{
	const struct gv_keyring_recipient *own =
	    own_of(&report->keyring.keyring);
	const struct gv_keyring_ages *ages = &report->ages;
	size_t i = 0;

	while (i < ages->n &&
	    (own == NULL || strcmp(ages->items[i].name, own->name) != 0))
		i++;
	report->own_key = i;
}

/* ---- what is found ------------------------------------------------------- */

struct found {
	size_t n, first, own; /* ages->n: none */
};

static void
add(struct found *f, const struct gv_doctor_report *report, size_t i)
{
	const struct gv_keyring_age *ages = report->ages.items;

	if (f->n++ == 0 || ages[i].since < ages[f->first].since)
		f->first = i;
	if (i == report->own_key)
		f->own = i;
}

static int
tell(struct gv_doctor *d, const struct found *f, enum gv_doctor_grade grade)
{
	const struct gv_doctor_report *report = d->report;
	const struct gv_keyring_age *first = &report->ages.items[f->first];
	const bool is_past = grade != GV_DOCTOR_NOTE;
	const long long days = (long long)(report->keys_last / DAY);
	const char *const command = f->own < report->ages.n
	    ? "git vault key rotate"
	    : "git vault key list";
	const char *kind;
	char date[GV_TIME_MAX];

	if (f->n == 0)
		return 0;
	gv_time_rfc3339(date, first->since + report->keys_last);
	kind = is_past ? "key_expired" : "key_expires";
	if (f->n > 1)
		return gv_doctor_add(d, grade, kind, command,
		    "%zu keys %s, the first is that of %s, on %.10s: the "
		    "policy lets a key last %lld days",
		    f->n, is_past ? "expired" : "expire", first->name, date,
		    days);
	return gv_doctor_add(d, grade, kind, command,
	    "the key of %s %s on %.10s: the policy lets a key last %lld days",
	    first->name, is_past ? "expired" : "expires", date, days);
}

static int
judge(struct gv_doctor *d)
{
	struct gv_doctor_report *report = d->report;
	const size_t none = report->ages.n;
	struct found past = { 0, none, none }, soon = past;
	size_t i;
	int r;

	for (i = 0; i < report->ages.n; i++) {
		const struct gv_doctor_verdict v = gv_doctor_judge_key_age(
		    report->ages.items[i].since + report->keys_last,
		    report->keys_last, d->opts->now);

		if (v.kind)
			add(v.grade == GV_DOCTOR_NOTE ? &soon : &past, report,
			    i);
	}
	r = tell(d, &past, GV_DOCTOR_WARNING);
	return r < 0 ? r : tell(d, &soon, GV_DOCTOR_NOTE);
}

int
gv_doctor_key_age(struct gv_doctor *d)
{
	struct gv_doctor_report *report = d->report;
	struct gv_policy policy;
	int r;

	if (!report->has_keyring)
		return 0;
	r = gv_team_load(&policy, d->repo);
	report->keys_last = r == 0 ? policy.keys.lasts : 0;
	gv_policy_release(&policy);
	if (report->keys_last == 0)
		return r == GV_ENOMEM ? r : 0;
	r = gv_keyring_ages_load(&report->ages, d->repo, &report->keyring);
	if (r == 0) {
		find_own(report);
		return judge(d);
	}
	report->keys_last = 0;
	/* a chain that is refused is for gv_doctor_scopes() */
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}
