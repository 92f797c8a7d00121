#include "key/adoption.h"

#include <string.h>

#include "key/keyring.h"
#include "repo/repo.h"

static const char prefix[] = "SHA256:";

static const char *
digits_of(const char *print)
{
	size_t n = sizeof(prefix) - 1;

	return strncmp(print, prefix, n) == 0 ? print + n : print;
}

/* The number after "@"; 0 if it is not a valid version. */
static unsigned
read_version(const char *p)
{
	unsigned n = 0;

	if (*p == '0')
		return 0;
	for (; *p >= '0' && *p <= '9' && n <= GV_KEYRING_VERSIONS; p++)
		n = n * 10 + (unsigned)(*p - '0');
	return *p == '\0' && n <= GV_KEYRING_VERSIONS ? n : 0;
}

enum gv_adoption
gv_adoption_judge(const char *pin, const char *print, unsigned version)
{
	unsigned least = 1;
	const char *at;
	size_t len;

	if (pin == NULL || *pin == '\0')
		return GV_ADOPTION_UNKNOWN;
	pin = digits_of(pin);
	print = digits_of(print);
	len = strcspn(pin, "@");
	at = pin + len;
	if (*at == '@')
		least = read_version(at + 1);
	if (least == 0 || strlen(print) != len || memcmp(pin, print, len) != 0)
		return GV_ADOPTION_OTHER;
	return version < least ? GV_ADOPTION_OLD : GV_ADOPTION_TAKEN;
}

enum gv_adoption
gv_adoption_judge_by(
    const struct gv_repo *repo, const char *print, unsigned version)
{
	return gv_adoption_judge(
	    gv_config_get(&repo->config, GV_ADOPTION_PIN), print, version);
}
