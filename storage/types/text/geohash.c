#include "storage/types/text/geohash.h"

#include <math.h>

#define STEPS_MAX      26
#define EARTH_RADIUS_M 6372797.560856
#define MERCATOR_MAX_M 20037726.37
#define DEGREE         (M_PI / 180.0)

/* A square of the grid that is halved `steps` times. One coordinate may be one too large: that of the edge.
 */
struct cell {
    uint32_t x, y;
    int steps;
};

/* In degrees. */
struct bounds {
    double west, south, east, north;
};

static const struct bounds mercator = { -GEOHASH_LONGITUDE_MAX, -GEOHASH_LATITUDE_MAX, GEOHASH_LONGITUDE_MAX,
                                        GEOHASH_LATITUDE_MAX };
static const struct bounds sphere = { -180, -90, 180, 90 };

/* The bits of `half` in the even places of the result. */
static uint64_t spread(uint32_t half)
{
    uint64_t bits = half;
    bits = (bits | bits << 16) & 0x0000ffff0000ffff;
    bits = (bits | bits << 8) & 0x00ff00ff00ff00ff;
    bits = (bits | bits << 4) & 0x0f0f0f0f0f0f0f0f;
    bits = (bits | bits << 2) & 0x3333333333333333;
    return (bits | bits << 1) & 0x5555555555555555;
}

static uint32_t gather(uint64_t bits)
{
    bits &= 0x5555555555555555;
    bits = (bits | bits >> 1) & 0x3333333333333333;
    bits = (bits | bits >> 2) & 0x0f0f0f0f0f0f0f0f;
    bits = (bits | bits >> 4) & 0x00ff00ff00ff00ff;
    bits = (bits | bits >> 8) & 0x0000ffff0000ffff;
    return (uint32_t)(bits | bits >> 16);
}

static uint64_t cell_bits(struct cell cell)
{
    return spread(cell.x) << 1 | spread(cell.y);
}

static uint32_t cell_at(double degrees, double from, double to, int steps)
{
    double share = (degrees - from) / (to - from);
    share *= (double)(1ULL << steps);
    return (uint32_t)share;
}

static struct cell cell_of(struct geohash_point point, const struct bounds *world, int steps)
{
    return (struct cell){ cell_at(point.longitude, world->west, world->east, steps),
                          cell_at(point.latitude, world->south, world->north, steps), steps };
}

static double edge(uint32_t index, double from, double to, int steps)
{
    return from + (index * 1.0 / (double)(1ULL << steps)) * (to - from);
}

static struct bounds cell_bounds(struct cell cell)
{
    return (struct bounds){ edge(cell.x, mercator.west, mercator.east, cell.steps),
                            edge(cell.y, mercator.south, mercator.north, cell.steps),
                            edge(cell.x + 1, mercator.west, mercator.east, cell.steps),
                            edge(cell.y + 1, mercator.south, mercator.north, cell.steps) };
}

/* A neighbour; beyond an edge of the world the next is at the opposite one. */
static struct cell cell_beside(struct cell cell, int east, int north)
{
    uint32_t mask = (uint32_t)(1ULL << cell.steps) - 1;
    if (east != 0) cell.x = (cell.x + (uint32_t)east) & mask;
    if (north != 0) cell.y = (cell.y + (uint32_t)north) & mask;
    return cell;
}

bool geohash_is_place(struct geohash_point point)
{
    return point.longitude >= mercator.west && point.longitude <= mercator.east &&
           point.latitude >= mercator.south && point.latitude <= mercator.north;
}

uint64_t geohash_encode(struct geohash_point point)
{
    return cell_bits(cell_of(point, &mercator, STEPS_MAX));
}

/* As the machine that Redis runs on converts it, also where the language does not say how. */
static uint64_t bits_of_score(double score)
{
    if (score >= 0x1p64 || score != score) return 0;
    if (score >= 0) return (uint64_t)score;
    return score < -0x1p63 ? 1ULL << 63 : (uint64_t)(int64_t)score;
}

static double middle(double from, double to, double most)
{
    double degrees = (from + to) / 2;
    if (degrees > most) return most;
    return degrees < -most ? -most : degrees;
}

struct geohash_point geohash_decode(double score)
{
    uint64_t bits = bits_of_score(score);
    struct bounds bounds = cell_bounds((struct cell){ gather(bits >> 1), gather(bits), STEPS_MAX });
    return (struct geohash_point){ middle(bounds.west, bounds.east, GEOHASH_LONGITUDE_MAX),
                                   middle(bounds.south, bounds.north, GEOHASH_LATITUDE_MAX) };
}

static double latitude_distance_m(double a, double b)
{
    return EARTH_RADIUS_M * fabs(b * DEGREE - a * DEGREE);
}

/* By haversines. */
double geohash_distance_m(struct geohash_point a, struct geohash_point b)
{
    double v = sin((b.longitude * DEGREE - a.longitude * DEGREE) / 2);
    if (v == 0.0) return latitude_distance_m(a.latitude, b.latitude);
    double from = a.latitude * DEGREE, to = b.latitude * DEGREE;
    double u = sin((to - from) / 2);
    return 2.0 * EARTH_RADIUS_M * asin(sqrt(u * u + cos(from) * cos(to) * v * v));
}

void geohash_write(struct geohash_point point, char out[GEOHASH_TEXT])
{
    static const char alphabet[] = "0123456789bcdefghjkmnpqrstuvwxyz";
    uint64_t bits = cell_bits(cell_of(point, &sphere, STEPS_MAX));
    /* 52 bits are ten characters and two bits, which Redis does not show. */
    for (int i = 0; i < GEOHASH_TEXT - 1; i++) out[i] = alphabet[bits >> (47 - i * 5) & 31];
    out[GEOHASH_TEXT - 1] = '0';
}

static bool box_has(const struct geohash_area *box, struct geohash_point point)
{
    /* The distance in latitude costs less, so it comes first. */
    if (latitude_distance_m(point.latitude, box->center.latitude) > box->height_m / 2) return false;
    struct geohash_point beside = { box->center.longitude, point.latitude };
    return !(geohash_distance_m(point, beside) > box->width_m / 2);
}

bool geohash_area_has(const struct geohash_area *area, struct geohash_point point, double *distance_m)
{
    if (area->is_box && !box_has(area, point)) return false;
    *distance_m = geohash_distance_m(area->center, point);
    return area->is_box || !(*distance_m > area->radius_m);
}

/* What the area reaches; a parallel of latitude is shorter towards the pole, so that side decides. */
static struct bounds area_bounds(const struct geohash_area *area)
{
    double height = area->is_box ? area->height_m / 2 : area->radius_m;
    double width = area->is_box ? area->width_m / 2 : area->radius_m;
    double longitude = area->center.longitude, latitude = area->center.latitude;
    double up = height / EARTH_RADIUS_M / DEGREE;
    double poleward = latitude < 0 ? latitude - up : latitude + up;
    double aside = width / EARTH_RADIUS_M / cos(poleward * DEGREE) / DEGREE;
    return (struct bounds){ longitude - aside, latitude - up, longitude + aside, latitude + up };
}

/* How fine a grid may be so that a cell and its neighbours hold the area, mostly. */
static int steps_for(const struct geohash_area *area)
{
    double radius_m = area->radius_m;
    if (area->is_box) {
        double x = area->width_m / 2, y = area->height_m / 2;
        radius_m = sqrt(x * x + y * y);
    }
    if (radius_m == 0) return STEPS_MAX;
    int steps = -1;
    for (; radius_m < MERCATOR_MAX_M; radius_m *= 2) steps++;
    double latitude = fabs(area->center.latitude);
    if (latitude > 66) steps--;
    if (latitude > 80) steps--;
    if (steps < 1) return 1;
    return steps > STEPS_MAX ? STEPS_MAX : steps;
}

static bool neighbours_reach(struct cell cell, const struct bounds *wanted)
{
    return !(cell_bounds(cell_beside(cell, 0, 1)).north < wanted->north ||
             cell_bounds(cell_beside(cell, 0, -1)).south > wanted->south ||
             cell_bounds(cell_beside(cell, 1, 0)).east < wanted->east ||
             cell_bounds(cell_beside(cell, -1, 0)).west > wanted->west);
}

/* Whether the neighbour in that direction is needed: not where the cell itself reaches as far. */
static bool is_needed(const struct bounds *cell, const struct bounds *wanted, int east, int north)
{
    return !((north < 0 && cell->south < wanted->south) || (north > 0 && cell->north > wanted->north) ||
             (east < 0 && cell->west < wanted->west) || (east > 0 && cell->east > wanted->east));
}

static struct geohash_range cell_range(struct cell cell)
{
    int shift = 2 * (STEPS_MAX - cell.steps);
    uint64_t bits = cell_bits(cell);
    return (struct geohash_range){ (double)(bits << shift), (double)((bits + 1) << shift) };
}

size_t geohash_cover(const struct geohash_area *area, struct geohash_range ranges[GEOHASH_COVER_MAX])
{
    static const struct {
        int east, north;
    } ways[GEOHASH_COVER_MAX] = { { 0, 0 }, { 0, 1 },  { 0, -1 }, { 1, 0 },  { -1, 0 },
                                  { 1, 1 }, { -1, 1 }, { 1, -1 }, { -1, -1 } };
    struct bounds wanted = area_bounds(area);
    int steps = steps_for(area);
    struct cell own = cell_of(area->center, &mercator, steps);
    if (steps > 1 && !neighbours_reach(own, &wanted)) own = cell_of(area->center, &mercator, --steps);

    struct bounds bounds = cell_bounds(own);
    size_t len = 0;
    for (size_t i = 0; i < GEOHASH_COVER_MAX; i++) {
        if (steps >= 2 && !is_needed(&bounds, &wanted, ways[i].east, ways[i].north)) continue;
        struct geohash_range range = cell_range(cell_beside(own, ways[i].east, ways[i].north));
        /* Of a coarse grid two neighbours may be one. */
        if (len > 1 && range.from == ranges[len - 1].from) continue;
        ranges[len++] = range;
    }
    return len;
}
