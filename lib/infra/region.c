#include "infra/region.h"

#include <string.h>
#include <strings.h>

#define ACCOUNT_DIGITS 12

static bool
is_between_words(char c)
{
	return c == '.' || c == '-' || c == '_' || c == ' ';
}

static size_t
word_end(const char *name, size_t len, size_t at)
{
	while (at < len && !is_between_words(name[at]))
		at++;
	return at;
}

static bool
is_one_of(const char *const *words, const char *p, size_t len)
{
	/* the first letter rules most of them out */
	for (; len && *words; words++)
		if ((**words | 0x20) == (*p | 0x20) && strlen(*words) == len &&
		    strncasecmp(*words, p, len) == 0)
			return true;
	return false;
}

/* ---- AWS and Google ------------------------------------------------------ */

/* What a region begins with. */
static const char *const areas[] = { "af", "ap", "ca", "cn", "eu", "il", "me",
	"mx", "sa", "us", "africa", "asia", "australia", "europe",
	"northamerica", "southamerica", NULL };

static const char *const clouds[] = { "gov", "iso", "isob", "isoe", NULL };

static const char *const directions[] = { "north", "south", "east", "west",
	"central", "northeast", "northwest", "southeast", "southwest", NULL };

/* How many digits end a word; 0 if none do, or too many. */
static size_t
count_digits(const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && p[len - 1 - n] >= '0' && p[len - 1 - n] <= '9')
		n++;
	return n > 2 ? 0 : n;
}

/* The end of a region that begins at `at`; 0 where none does: area, perhaps a
 * cloud, a direction, and a number, after '-' as AWS has it or at once. */
static size_t
region_end(const char *name, size_t len, size_t at)
{
	size_t end = word_end(name, len, at), digits;

	if (!is_one_of(areas, name + at, end - at) || end == len)
		return 0;
	at = end + 1;
	end = word_end(name, len, at);
	if (is_one_of(clouds, name + at, end - at) && end < len) {
		at = end + 1;
		end = word_end(name, len, at);
	}
	digits = count_digits(name + at, end - at);
	if (!is_one_of(directions, name + at, end - at - digits))
		return 0;
	if (digits)
		return end;
	if (end == len)
		return 0;
	at = end + 1;
	end = word_end(name, len, at);
	return end > at && count_digits(name + at, end - at) == end - at ? end
									 : 0;
}

/* ---- Azure --------------------------------------------------------------- */

static const char *const azure[] = { "australiacentral", "australiaeast",
	"australiasoutheast", "austriaeast", "belgiumcentral", "brazilsouth",
	"brazilsoutheast", "canadacentral", "canadaeast", "centralindia",
	"centralus", "chilecentral", "eastasia", "eastus", "eastus2",
	"francecentral", "francesouth", "germanynorth", "germanywestcentral",
	"indonesiacentral", "israelcentral", "italynorth", "japaneast",
	"japanwest", "koreacentral", "koreasouth", "malaysiawest",
	"mexicocentral", "newzealandnorth", "northcentralus", "northeurope",
	"norwayeast", "norwaywest", "polandcentral", "qatarcentral",
	"southafricanorth", "southafricawest", "southcentralus",
	"southeastasia", "southindia", "spaincentral", "swedencentral",
	"switzerlandnorth", "switzerlandwest", "uaecentral", "uaenorth",
	"uksouth", "ukwest", "westcentralus", "westeurope", "westindia",
	"westus", "westus2", "westus3", NULL };

/* Too short to mean a region between other words. */
static const char *const alone[] = { "eu", "us", "emea", "apac", "amer", NULL };

bool
gv_region_find(struct gv_region *out, const char *name, size_t len)
{
	size_t at, end;

	if (is_one_of(alone, name, len)) {
		*out = (struct gv_region){ 0, len };
		return true;
	}
	for (at = 0; at < len; at = word_end(name, len, at) + 1) {
		end = region_end(name, len, at);
		if (end == 0) {
			end = word_end(name, len, at);
			if (!is_one_of(azure, name + at, end - at))
				continue;
		}
		*out = (struct gv_region){ at, end - at };
		return true;
	}
	return false;
}

bool
gv_region_find_account(struct gv_region *out, const char *name, size_t len)
{
	size_t at, end, i;

	for (at = 0; at < len; at = end + 1) {
		end = word_end(name, len, at);
		for (i = at; i < end && name[i] >= '0' && name[i] <= '9'; i++)
			;
		if (end - at != ACCOUNT_DIGITS || i < end)
			continue;
		*out = (struct gv_region){ at, end - at };
		return true;
	}
	return false;
}
