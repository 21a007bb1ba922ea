import Foundation
import SparseCore
import SparseLayers

/// How the network was made and trained, as its file says.
struct OriginSection {
  let model: ModelFile

  var html: String {
    var parts = [HTML.facts(network + training + data)]
    if let experiment = model.experiment {
      parts += ["<h4>Experiment</h4>", "<pre>\(Markup.escaped(experiment))</pre>"]
    }
    return HTML.section("How it was made", parts)
  }

  private typealias Fact = (name: String, value: String)

  // MARK: - The network

  private var network: [Fact] {
    guard let recipe = model.recipe else {
      return [("Network", "not by a recipe of this program, or cut from another network")]
    }
    var facts: [Fact] = [
      ("Layers", SweepText.layers(recipe.layerSizes)),
      ("Connections", Self.connectivity(recipe.connectivity)),
      ("Patterns", recipe.sources.map(Self.source).joined(separator: ", ")),
      (
        "Hidden layers",
        recipe.activation.rawValue + (recipe.batchNormalization ? ", batch normalisation" : "")
          + (recipe.dropout > 0 ? ", dropout \(recipe.dropout)" : "")
      ),
      (
        "Initial weights",
        """
        \(recipe.initializer.distribution.rawValue), fans of the \
        \(recipe.initializer.usesDenseFan ? "dense junction" : "connections that exist"); biases of \
        \(recipe.initializer.bias)
        """
      ),
    ]
    if let tasks = recipe.tasks {
      let texts = tasks.map { "\($0.name) (\($0.classes) classes, loss weight \($0.lossWeight))" }
      facts.append(("Tasks", texts.joined(separator: ", ")))
    }
    if let exits = recipe.exits {
      let places = exits.positions.map(String.init).joined(separator: ", ")
      facts.append(("Exits", "after hidden layer \(places)"))
    }
    return facts + [("Seed of the network", "\(recipe.seed)")]
  }

  private static func connectivity(_ connectivity: NetworkRecipe.Connectivity) -> String {
    func list(_ values: [some CustomStringConvertible]) -> String {
      values.map(\.description).joined(separator: ", ")
    }
    return switch connectivity {
    case .densities(let densities): "density \(list(densities))"
    case .outDegrees(let degrees): "out-degrees \(list(degrees))"
    case .policy(let policy, let density): "density \(density), dealt out by \(policy.rawValue)"
    case .densest: "as many as the patterns admit"
    }
  }

  private static func source(_ source: PatternSource) -> String {
    switch source {
    case .family(let family): family.description
    case .given(let pattern): "\(pattern.source) (SHA-256 \(pattern.sha256.prefix(12))…)"
    }
  }

  // MARK: - Training and data

  private var training: [Fact] {
    guard let recipe = model.training else { return [("Training", "not said")] }
    let optimizer = recipe.optimizer
    let share = recipe.validationFraction
    return [
      (
        "Training",
        "\(Text.count(recipe.epochs, "epoch")) in batches of \(Text.count(recipe.batchSize))"
      ),
      ("Optimiser", Self.method(optimizer.method)),
      (
        "Learning rate",
        "\(optimizer.learningRate), \(Self.schedule(recipe.schedule))"
          + (optimizer.l2 > 0 ? "; L2 \(optimizer.l2)" : "")
      ),
      ("Loss", recipe.loss.rawValue),
      ("Set aside for validation", share > 0 ? setAside(share) : "nothing"),
      ("Seed of the training", "\(recipe.seed)"),
    ]
  }

  /// The share, with what a model file does not say: whether the data had a validation part.
  private func setAside(_ share: Double) -> String {
    let text = "\(Text.percent(share)) of the training samples"
    return switch DatasetSource(rawValue: model.data.dataset) {
    case .mnist, .fashionMNIST: text
    default: "\(text), or none where the data have a validation part of their own"
    }
  }

  private static func method(_ method: Optimizer.Method) -> String {
    switch method {
    case .sgd(let momentum, let nesterov):
      "SGD, momentum \(momentum)\(nesterov ? " by Nesterov" : "")"
    case .adam(let beta1, let beta2, let epsilon):
      "Adam, β₁ \(beta1), β₂ \(beta2), ε \(epsilon)"
    case .adamW(let beta1, let beta2, let epsilon, let decay):
      "AdamW, β₁ \(beta1), β₂ \(beta2), ε \(epsilon), decay \(decay)"
    }
  }

  private static func schedule(_ schedule: Schedule) -> String {
    let course =
      switch schedule.course {
      case .constant: "constant"
      case .step(let every, let factor): "times \(factor) every \(Text.count(every, "epoch"))"
      case .cosine(let floor): "a cosine" + (floor > 0 ? " to \(floor) of it" : "")
      case .inverseTime(let decay): "inverse-time decay of \(decay) a step"
      }
    return schedule.warmupSteps > 0
      ? "\(course), after \(Text.count(schedule.warmupSteps, "step")) of warm-up" : course
  }

  /// The most classes of a task that are named.
  private static let mostNames = 20

  private var data: [Fact] {
    let data = model.data
    var facts: [Fact] = [
      ("Data", data.dataset.isEmpty ? "none" : data.dataset),
      ("Features", Text.count(data.featureCount)),
    ]
    for (task, names) in data.classNames.sorted(by: { $0.key < $1.key }) {
      let some = names.prefix(Self.mostNames).map { $0.count > 60 ? "\($0.prefix(59))…" : $0 }
      let rest = names.count - some.count
      facts.append(
        (
          data.classNames.count > 1 ? "Classes of \(task)" : "Classes",
          "\(Text.count(names.count)): \(some.joined(separator: ", "))"
            + (rest > 0 ? ", and \(Text.count(rest)) more" : "")
        ))
    }
    return facts
  }
}
