import SparseLayers
import _SparseBench

extension MeasureReport {
  /// One line per junction and one for all; headings are keys of the JSON form.
  ///
  /// What only the whole network has is empty elsewhere.
  var csv: Table {
    let keys = [
      "name", "weights", "dense_weights", "density", "storage_bytes", "dense_storage_bytes",
      "storage_ratio", "macs", "training_macs", "dense_training_macs", "training_ratio", "biases",
      "csr_storage_bytes", "recipe_storage_bytes", "dense_macs", "input_gradient_macs",
      "dense_input_gradient_macs", "weight_gradient_macs", "dense_weight_gradient_macs",
      "training_memory_bytes", "dense_training_memory_bytes", "inference_energy_pj",
      "dense_inference_energy_pj", "training_energy_pj", "dense_training_energy_pj",
    ]
    let times = timing.rows.value ?? []
    let timeKeys = times.flatMap { row in
      ["seconds", "dense_seconds"].map { "batch_\(row.batchSize)_\($0)" }
    }
    let energyKeys =
      timing.energy.value == nil ? [] : ["joules_per_sample", "dense_joules_per_sample"]
    var table = Table(keys + timeKeys + energyKeys)
    for row in rows {
      table.add(cells(row) + [String](repeating: "", count: timeKeys.count + energyKeys.count))
    }
    let timeCells = times.flatMap { row in
      ["\(row.network.median / 1000)", row.dense.map { "\($0.median / 1000)" } ?? ""]
    }
    let energyCells = timing.energy.value.map { energy in
      ["\(energy.network)", energy.dense.map { "\($0)" } ?? ""]
    }
    table.add(cells(total) + timeCells + (energyCells ?? []))
    return table
  }

  private func cells(_ row: Row) -> [String] {
    let cost = row.cost
    let ratios = MeasureRatios(row)
    let counts = [
      cost.biases, cost.csrStorageBytes, cost.recipeStorageBytes, cost.denseMACs,
      cost.inputGradientMACs, cost.denseInputGradientMACs, cost.weightGradientMACs,
      cost.denseWeightGradientMACs, row.memory.network.total, row.memory.dense.total,
    ]
    let energies = [
      row.energy.inference, row.denseEnergy.inference, row.energy.training,
      row.denseEnergy.training,
    ]
    return [
      cost.name, "\(cost.weights)", "\(cost.denseWeights)", Text.number(cost.density),
      "\(cost.storageBytes)", "\(cost.denseStorageBytes)", Text.number(ratios.storageBytes),
      "\(cost.macs)", "\(cost.trainingMACs)", "\(cost.denseTrainingMACs)",
      Text.number(ratios.trainingMACs),
    ] + counts.map { "\($0)" } + energies.map { Text.number($0.total, decimals: 1) }
  }
}
