package io.drkit.k8s;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Whether pods find a node. The scheduler places one after the other and moves none, so whether the last one finds a node depends on
 * where it put the others. {@link #impossible} is what does not depend on that.
 */
final class Packing {
    /** What can be divided, and of which a share can therefore be left. */
    private static final List<String> DIVISIBLE = List.of(Amounts.CPU, Amounts.MEMORY, Amounts.STORAGE);

    private final List<Demand> demands;
    private final List<Room> rooms;

    /** By demand, the rooms that may take it, however much is free there. */
    private final List<Set<Integer>> allowed = new ArrayList<>();

    Packing(List<Demand> demands, List<Room> rooms) {
        this.demands = demands;
        this.rooms = rooms;
        for (Demand demand : demands) {
            Set<Integer> may = new TreeSet<>();
            for (int i = 0; i < rooms.size(); i++) {
                if (rooms.get(i).refusal(demand.need()).isEmpty()) {
                    may.add(i);
                }
            }
            allowed.add(may);
        }
    }

    /**
     * Why there is no room in whatever order they are placed; empty when there may be some. The pods of one workload are all alike, so
     * how many of them find a node is exact as long as they are alone. Beyond that, the sums are compared.
     */
    Optional<String> impossible() {
        for (int d = 0; d < demands.size(); d++) {
            Demand demand = demands.get(d);
            int placed = alone(d);
            if (placed < demand.places()) {
                Amounts asks = demand.need().asks();
                return Optional.of(placed + " of the " + count(demand.places(), "pod") + " that " + demand.who()
                        + " lacks can find a node: each asks for " + asks.say(RoundingMode.CEILING) + ", and "
                        + count(allowed.get(d).size(), "node") + " may take them, with "
                        + free(allowed.get(d)).of(asks).say(RoundingMode.FLOOR) + " free in all" + refusals(d));
            }
        }
        Set<Set<Integer>> regions = new LinkedHashSet<>(allowed);
        regions.add(everywhere());
        for (Set<Integer> region : regions) {
            Amounts asked = Amounts.NONE;
            for (int d = 0; d < demands.size(); d++) {
                if (region.containsAll(allowed.get(d))) {
                    asked = asked.plus(whole(demands.get(d)));
                }
            }
            Amounts free = free(region);
            String lacking = asked.lackingIn(free);
            if (lacking != null) {
                return Optional.of("the pods that are missing ask for " + lacking + " "
                        + Amounts.say(lacking, asked.of(lacking), RoundingMode.CEILING) + " together, and "
                        + having(region.size()) + Amounts.say(lacking, free.of(lacking), RoundingMode.FLOOR)
                        + " free in all");
            }
        }
        return Optional.empty();
    }

    /**
     * Which workload did not find a node for all of its pods; empty when all were placed twice: packed tightly, the big ones first; and
     * spread out, the small ones first, as it goes badly for the big ones.
     */
    Optional<String> doubtful() {
        Amounts sum = Amounts.NONE;
        for (Room room : rooms) {
            sum = sum.plus(room.allocatable());
        }
        Amounts all = sum;
        List<Integer> bySize = IntStream.range(0, demands.size())
                .boxed()
                .sorted(Comparator.comparing(d -> size(demands.get(d), all)))
                .toList();
        List<Integer> bigFirst = new ArrayList<>(bySize);
        Collections.reverse(bigFirst);
        Optional<String> tight = unplaced(bigFirst, false);
        return tight.isPresent() ? tight : unplaced(bySize, true);
    }

    /** Why less than a share of what the nodes in question have would stay free; empty when enough does. */
    Optional<String> tooFull(BigDecimal share) {
        Amounts asked = asked();
        Amounts allocatable = Amounts.NONE;
        for (int room : everywhere()) {
            allocatable = allocatable.plus(rooms.get(room).allocatable());
        }
        Amounts left = left();
        for (String resource : DIVISIBLE) {
            if (asked.of(resource).signum() > 0
                    && left.of(resource).compareTo(allocatable.of(resource).multiply(share)) < 0) {
                return Optional.of("when they have found a node, " + resource + " "
                        + Amounts.say(resource, left.of(resource), RoundingMode.FLOOR) + " of "
                        + Amounts.say(resource, allocatable.of(resource), RoundingMode.FLOOR)
                        + " is left, less than the headroom of "
                        + share.movePointRight(2).stripTrailingZeros().toPlainString() + " %");
            }
        }
        return Optional.empty();
    }

    /** What stays free when all are placed; below zero where there is not enough. */
    Amounts left() {
        return free(everywhere()).minus(asked());
    }

    private Amounts asked() {
        Amounts asked = Amounts.NONE;
        for (Demand demand : demands) {
            asked = asked.plus(whole(demand));
        }
        return asked;
    }

    /** What is asked for and what is free, in words. */
    String balance() {
        Amounts asked = asked();
        return "they ask for " + asked.say(RoundingMode.CEILING) + ", and "
                + having(everywhere().size()) + free(everywhere()).of(asked).say(RoundingMode.FLOOR) + " free";
    }

    private int alone(int d) {
        Amounts asks = demands.get(d).need().asks();
        int placed = 0;
        for (int room : allowed.get(d)) {
            Amounts free = rooms.get(room).free();
            while (placed < demands.get(d).places() && asks.fitsInto(free)) {
                free = free.minus(asks);
                placed++;
            }
        }
        return placed;
    }

    private Optional<String> unplaced(List<Integer> order, boolean spread) {
        Room[] now = rooms.toArray(Room[]::new);
        Comparator<Integer> emptiest = Comparator.comparing((Integer room) -> now[room].freeShare())
                .reversed()
                .thenComparing(Comparator.naturalOrder());
        for (int d : order) {
            Demand demand = demands.get(d);
            Amounts asks = demand.need().asks();
            // a room that one pod does not fit into any more, none of its like does
            PriorityQueue<Integer> next = new PriorityQueue<>(spread ? emptiest : Comparator.naturalOrder());
            next.addAll(allowed.get(d));
            int placed = 0;
            while (placed < demand.places() && !next.isEmpty()) {
                int room = next.remove();
                if (asks.fitsInto(now[room].free())) {
                    now[room] = now[room].taking(asks);
                    placed++;
                    next.add(room);
                }
            }
            if (placed < demand.places()) {
                return Optional.of("placed " + (spread ? "spread out" : "tightly") + ", " + placed + " of the "
                        + count(demand.places(), "pod") + " that " + demand.who()
                        + " lacks find a node, although there is enough free in all");
            }
        }
        return Optional.empty();
    }

    private Set<Integer> everywhere() {
        Set<Integer> all = new TreeSet<>();
        allowed.forEach(all::addAll);
        return all;
    }

    private Amounts free(Set<Integer> region) {
        Amounts free = Amounts.NONE;
        for (int room : region) {
            free = free.plus(rooms.get(room).free().atLeastNone());
        }
        return free;
    }

    /** How many nodes stay out of account, and why. */
    private String refusals(int d) {
        Map<String, Integer> counts = new TreeMap<>();
        for (Room room : rooms) {
            room.refusal(demands.get(d).need()).ifPresent(why -> counts.merge(why, 1, Integer::sum));
        }
        if (counts.isEmpty()) {
            return "";
        }
        List<String> words = new ArrayList<>();
        counts.forEach((why, count) -> words.add(count + " " + why));
        return " (others: " + String.join(", ", words) + ")";
    }

    private static Amounts whole(Demand demand) {
        return demand.need().asks().times(demand.places());
    }

    /** The greatest share of anything that one pod takes. */
    private static BigDecimal size(Demand demand, Amounts all) {
        BigDecimal most = BigDecimal.ZERO;
        for (Map.Entry<String, BigDecimal> asked : demand.need().asks().byName().entrySet()) {
            most = most.max(Amounts.share(asked.getValue(), all.of(asked.getKey())));
        }
        return most;
    }

    private static String having(int nodes) {
        return count(nodes, "node") + (nodes == 1 ? " has " : " have ");
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }
}
